using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;

namespace MimGrains.Core.Tests;

public sealed class TransactionPlanTests
{
    private static readonly FragmentId A = new("t", 0);
    private static readonly FragmentId B = new("t", 1);
    private static readonly FragmentId C = new("t", 2);
    private static readonly TransactionId Id = new(new ReplicaId("silo"), 1);

    private readonly TransactionPlan _plan = new(Id, new TransactionAge(1, Id));
    private Predicate<FragmentId> _isStored = _ => true;

    [Fact]
    public void A_blind_write_is_one_call()
    {
        var commit = Assert.Single(Commit(A));

        Assert.Equal((PlannedCallKind.Commit, A, true, 7L), (commit.Kind, commit.To, commit.IsPatient, commit.Epoch));
        Assert.Empty(_plan.OnAnswer(commit, AnswerKind.Committed, 7, ""));
        Assert.True(_plan is { Verdict: TransactionVerdict.Committed, IsSettled: true });
    }

    [Fact]
    public void Reads_of_one_fragment_need_no_confirmation()
    {
        Read(A, "x");
        Read(A, "y");

        Assert.Equal([PlannedCallKind.Release], Commit().Select(call => call.Kind));
        Assert.Equal(TransactionVerdict.Committed, _plan.Verdict);
    }

    [Fact]
    public void Reads_of_two_fragments_are_confirmed()
    {
        Read(A, "x");
        Read(B, "y");

        var calls = Commit();
        Assert.Equal([PlannedCallKind.Validate, PlannedCallKind.Validate], calls.Select(call => call.Kind));
        _plan.OnAnswer(calls[0], AnswerKind.Valid, 7, "");
        Assert.Equal(TransactionVerdict.Open, _plan.Verdict);
        _plan.OnAnswer(calls[1], AnswerKind.Gone, 8, "activated anew");
        Assert.Equal(TransactionVerdict.Restart, _plan.Verdict);
    }

    [Fact]
    public void What_is_written_blindly_is_locked_before_what_was_read_elsewhere_is_confirmed()
    {
        Read(A, "x");

        var locks = Assert.Single(Commit(B));
        Assert.Equal((PlannedCallKind.Acquire, B, false), (locks.Kind, locks.To, locks.IsPatient));
        var validate = Assert.Single(_plan.OnAnswer(locks, AnswerKind.Granted, 7, ""));
        Assert.Equal((PlannedCallKind.Validate, A, true), (validate.Kind, validate.To, validate.HasLocks));
        var commit = Assert.Single(_plan.OnAnswer(validate, AnswerKind.Valid, 7, ""));
        Assert.Equal((PlannedCallKind.Commit, B, true), (commit.Kind, commit.To, commit.HasLocks));
    }

    [Fact]
    public void The_fragment_that_was_read_decides_and_the_others_prepare_first()
    {
        Read(B, "k");

        var prepares = Commit(A, B, C);
        Assert.Equal(
            [(PlannedCallKind.Prepare, A, B), (PlannedCallKind.Prepare, C, B)],
            prepares.Select(call => (call.Kind, call.To, call.Decider)));
        Assert.Empty(_plan.OnAnswer(prepares[0], AnswerKind.Prepared, 7, ""));
        var commit = Assert.Single(_plan.OnAnswer(prepares[1], AnswerKind.Prepared, 7, ""));
        Assert.Equal([A, C], commit.Participants);

        var resolves = _plan.OnAnswer(commit, AnswerKind.Committed, 7, "");
        Assert.Equal(TransactionVerdict.Committed, _plan.Verdict);
        Assert.All(resolves, call => Assert.True(call is { Kind: PlannedCallKind.Resolve, IsCommitted: true }));
        // Told until it has answered.
        Assert.Equal(PlannedCallKind.Resolve, Assert.Single(_plan.OnNoAnswer(resolves[0], "lost")).Kind);
        Assert.Equal(PlannedCallKind.Acknowledge, Assert.Single(_plan.OnAnswer(resolves[1], AnswerKind.Resolved, 7, "")).Kind);
        Assert.False(_plan.IsSettled);
    }

    [Fact]
    public void A_commit_without_an_answer_is_asked_for_and_not_sent_again()
    {
        var commit = Assert.Single(Commit(A));

        var ask = Assert.Single(_plan.OnNoAnswer(commit, "lost"));
        Assert.Equal(PlannedCallKind.AskOutcome, ask.Kind);
        Assert.True(_plan is { IsInDoubt: true, IsSettled: false });
        Assert.Empty(_plan.Abort("no patience"));
        ask = Assert.Single(_plan.OnAnswer(ask, AnswerKind.Gone, 8, "not opened yet"));
        _plan.OnAnswer(ask, AnswerKind.Committed, 8, "");
        Assert.True(_plan is { Verdict: TransactionVerdict.Committed, IsInDoubt: false, IsSettled: true });
    }

    [Fact]
    public void Whoever_may_have_prepared_is_told_of_the_end_and_the_next_attempt_begins_with_the_lock_that_was_refused()
    {
        var prepares = Commit(A, B, C);

        var calls = _plan.OnAnswer(prepares[1], AnswerKind.Refused, 7, "older");
        Assert.Equal(
            [(A, PlannedCallKind.Release), (B, PlannedCallKind.Resolve), (C, PlannedCallKind.Resolve)],
            calls.Select(call => (call.To, call.Kind)));
        Assert.Equal(TransactionVerdict.Restart, _plan.Verdict);
        Assert.Equal(C, _plan.RefusedAt!.Value.Fragment);
        Assert.Empty(_plan.OnAnswer(prepares[0], AnswerKind.Prepared, 7, ""));
    }

    [Fact]
    public void Locks_of_another_activation_do_not_go_with_those_of_the_first()
    {
        Read(A, "x");

        _plan.OnAnswer(_plan.Acquire(A, [Lock("y")]), AnswerKind.Granted, 8, "");
        Assert.Equal(TransactionVerdict.Restart, _plan.Verdict);
    }

    [Fact]
    public void Nothing_is_asked_beside_the_first_call()
    {
        var first = _plan.Acquire(A, [Lock("x")]);

        Assert.True(first.IsPatient);
        Assert.False(_plan.CanAcquire(B));
        _plan.OnAnswer(first, AnswerKind.Granted, 7, "");
        Assert.False(_plan.Acquire(B, [Lock("y")]).IsPatient);
        Assert.False(_plan.CanAcquire(B));
        Assert.True(_plan.CanAcquire(C));
    }

    private static LockWish Lock(string key) => LockWish.OfRecord(System.Text.Encoding.UTF8.GetBytes(key), LockMode.Shared);

    private void Read(FragmentId fragment, string key) =>
        _plan.OnAnswer(_plan.Acquire(fragment, [Lock(key)]), AnswerKind.Granted, 7, "");

    [Fact]
    public void What_is_stored_decides_even_if_something_in_memory_was_read()
    {
        Read(A, "x");
        _isStored = fragment => fragment != A && fragment != B;

        // A has no locks on what it writes: these are taken first, and the decider's too.
        var locks = Commit(A, B, C);
        Assert.Equal([PlannedCallKind.Acquire, PlannedCallKind.Acquire, PlannedCallKind.Acquire], locks.Select(call => call.Kind));
        _plan.OnAnswer(locks[0], AnswerKind.Granted, 7, "");
        _plan.OnAnswer(locks[1], AnswerKind.Granted, 7, "");
        var prepares = _plan.OnAnswer(locks[2], AnswerKind.Granted, 7, "");

        Assert.Equal(C, _plan.Decider);
        Assert.Equal([(A, PlannedCallKind.Prepare, C), (B, PlannedCallKind.Prepare, C)],
            prepares.Select(call => (call.To, call.Kind, call.Decider)));
    }

    private IReadOnlyList<PlannedCall> Commit(params FragmentId[] written) => _plan.Commit(
        written.ToDictionary(
            fragment => fragment,
            _ => (IReadOnlyList<FragmentWrite>)[new FragmentWrite(WriteKind.Put, new byte[] { 1 }, new byte[] { 2 })]),
        _ => 7,
        _isStored);
}
