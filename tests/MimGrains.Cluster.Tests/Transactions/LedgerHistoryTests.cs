using MimGrains.Persistent;
using MimGrains.TestSilo;
using MimGrains.Histories;

namespace MimGrains.Cluster.Tests.Transactions;

/// <summary>What the history of a test with silo processes must not miss.</summary>
public sealed class LedgerHistoryTests
{
    private static readonly AccountName A = new(StorageType.Disc, "a");
    private static readonly AccountName B = new(StorageType.Ram, "b");

    private readonly LedgerHistory _history = new();
    private Account? _a;
    private Account? _b;

    [Fact]
    public void A_history_of_transactions_that_ran_one_after_another_is_one()
    {
        Write(A, B);
        Write(A);
        var unknown = _history.Begin([Step(A), Step(B)]);
        _a = Account.Next(_a, unknown.Id, 0);
        _b = Account.Next(_b, unknown.Id, 0);
        Write(B);
        _history.Check(Last());
    }

    [Fact]
    public void A_committed_write_that_is_lost_is_seen()
    {
        Write(A);
        var before = _a;
        Write(A);
        _a = before;
        Throws("ends with version 1, but 2 versions");
    }

    [Fact]
    public void A_committed_write_that_another_one_took_the_place_of_is_seen()
    {
        Write(A);
        var before = _a;
        Write(A);
        _a = before;
        Write(A);
        Throws("one is lost");
    }

    [Fact]
    public void A_transaction_that_is_half_done_is_seen_also_if_nobody_heard_its_end()
    {
        Write(A, B);
        _a = Account.Next(_a, _history.Begin([Step(A), Step(B)]).Id, 0);
        Throws("but is in [accounts-disc/a]");
    }

    [Fact]
    public void An_aborted_transaction_that_is_there_is_seen()
    {
        Write(A, B);
        var aborted = _history.Begin([Step(A)]);
        aborted.End = LedgerEnd.Aborted;
        _a = Account.Next(_a, aborted.Id, 0);
        Throws("is aborted, but accounts-disc/a has its version");
    }

    [Fact]
    public void Two_transactions_that_each_read_what_the_other_one_wrote_later_are_seen()
    {
        Write(A, B);
        var (a, b) = (_a, _b);
        Commit(_history.Begin([Step(A), Look(B)]), new(A, a), new(B, b));
        Commit(_history.Begin([Look(A), Step(B)]), new(A, a), new(B, b));
        Throws("Not serializable");
    }

    [Fact]
    public void A_read_of_what_was_there_before_the_last_committed_write_is_seen()
    {
        Write(A);
        var old = _a;
        Write(A);
        Commit(_history.Begin([Look(A)]), new AccountRead(A, old));
        Throws("Not serializable");
    }

    private static LedgerStep Step(AccountName name) => new(name, 0, IsUpgrade: false);

    private static LedgerStep Look(AccountName name) => new(name, null, IsUpgrade: false);

    private void Write(params AccountName[] names) => Commit(
        _history.Begin([.. names.Select(Step)]), [.. names.Select(name => new AccountRead(name, name == A ? _a : _b))]);

    private void Commit(LedgerTransaction transaction, params AccountRead[] found)
    {
        foreach (var name in transaction.Written)
        {
            var next = Account.Next(found.Single(read => read.Name == name).Account, transaction.Id, 0);
            (_a, _b) = name == A ? (next, _b) : (_a, next);
        }

        (transaction.Found, transaction.End, transaction.EndMicros) = (found, LedgerEnd.Committed, LedgerHistory.NowMicros);
        // What comes next has begun later, also by a clock of microseconds.
        SpinWait.SpinUntil(() => LedgerHistory.NowMicros > transaction.EndMicros);
    }

    private LedgerTransaction Last()
    {
        var last = _history.Begin([Look(A), Look(B)]);
        Commit(last, new(A, _a), new(B, _b));
        return last;
    }

    private void Throws(string message) => Assert.Contains(
        message, Assert.Throws<InvariantException>(() => _history.Check(Last())).Message, StringComparison.Ordinal);
}
