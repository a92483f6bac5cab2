using MimGrains.Core.Transactions;
using CoreId = MimGrains.Core.Transactions.TransactionId;

namespace MimGrains.Mnesia.Fragments;

// now and then: leases that ran out, decisions that are waited for, decisions that others wait for.
internal sealed partial class FragmentHost
{
    /// <summary>How long a transaction keeps its locks without a word of its coordinator; those renew every third of it.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    // Longer than a commit takes when all goes well: asking would abort it.
    private static readonly TimeSpan InDoubtAfter = TimeSpan.FromSeconds(2);

    // Fewer are not worth a look.
    private const int TicketsMost = 1_024;

    private HashSet<CoreId> _seenUnresolved = [];
    private HashSet<long> _seenAnswered = [];

    /// <summary>Drops locks whose lease has run out.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            if (_engine.IsServing)
            {
                _engine.Expire(NowMs() - (long)Lease.TotalMilliseconds);
                Drain_NeedsGate();
            }

            _staged.Expire(NowMs() - (long)Lease.TotalMilliseconds);

            if (_tickets.Count < TicketsMost)
            {
                return;
            }

            // Answers that were there last time and that nobody has asked for: whoever would is gone.
            HashSet<long> answered = [.. _tickets.Where(ticket => ticket.Value.IsCompleted).Select(ticket => ticket.Key)];
            foreach (var ticket in answered.Where(_seenAnswered.Contains))
            {
                _tickets.Remove(ticket);
            }

            _seenAnswered = answered;
        }
    }

    /// <summary>Asks for decisions that this fragment waits for, and tells those that it has made, where the coordinator does not.</summary>
    public async Task SettleAsync(FragmentCaller caller)
    {
        IReadOnlyList<InDoubt> waiting;
        IReadOnlyList<(CoreId Id, IReadOnlyList<FragmentId> Participants)> made;
        lock (_gate)
        {
            (waiting, made) = _engine.IsServing ? (_engine.InDoubt(), _engine.Unresolved()) : ([], []);
        }

        var before = NowMs() - (long)InDoubtAfter.TotalMilliseconds;
        await Task.WhenAll(
            [
                .. waiting.Where(transaction => transaction.SinceMs < before || isDead(transaction.Id.Coordinator))
                    .Select(transaction => AskDeciderAsync(caller, transaction)),
                .. made.Where(decision => _seenUnresolved.Contains(decision.Id) || isDead(decision.Id.Coordinator))
                    .SelectMany(decision => decision.Participants.Select(participant => TellAsync(caller, decision.Id, participant))),
            ]);
        // Those that are seen twice: their coordinator has had its time.
        _seenUnresolved = [.. made.Select(decision => decision.Id)];
    }

    private async Task AskDeciderAsync(FragmentCaller caller, InDoubt transaction)
    {
        var reply = await caller.TryAskAsync(
            new PlannedCall(transaction.Decider, PlannedCallKind.AskOutcome, transaction.Id, AgeOf(transaction.Id), 0, false, false));
        if (reply?.Kind is AnswerKind.Committed or AnswerKind.Aborted or AnswerKind.Forgotten)
        {
            lock (_gate)
            {
                if (_engine.IsServing)
                {
                    _engine.Resolve(0, transaction.Id, reply.Kind == AnswerKind.Committed);
                    Drain_NeedsGate();
                }
            }
        }
    }

    private async Task TellAsync(FragmentCaller caller, CoreId transaction, FragmentId participant)
    {
        var reply = await caller.TryAskAsync(
            new PlannedCall(participant, PlannedCallKind.Resolve, transaction, AgeOf(transaction), 0, false, false) { IsCommitted = true });
        if (reply?.Kind == AnswerKind.Resolved)
        {
            lock (_gate)
            {
                _engine.Acknowledge(transaction, participant);
                Drain_NeedsGate();
            }
        }
    }

    private static TransactionAge AgeOf(CoreId transaction) => new(0, transaction);
}
