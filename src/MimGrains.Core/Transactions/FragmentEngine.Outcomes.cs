using MimGrains.Core.Identity;

namespace MimGrains.Core.Transactions;

public sealed partial class FragmentEngine
{
    private readonly SortedDictionary<ReplicaId, CoordinatorRecord> _coordinators = [];

    // Decisions that some participants may not have resolved yet.
    private readonly SortedDictionary<TransactionId, HashSet<FragmentId>> _unresolved = [];

    /// <summary>Returns the coordinators that something is remembered of, ascending.</summary>
    public IReadOnlyCollection<ReplicaId> Coordinators => _coordinators.Keys;

    /// <summary>Returns how many outcomes are remembered.</summary>
    public int OutcomeCount => _unresolved.Count + _coordinators.Values.Sum(record => record.Ended.Count);

    /// <summary>
    /// Asks the decider what has become of a transaction: <see cref="AnswerKind.Committed"/>,
    /// <see cref="AnswerKind.Aborted"/>,
    /// <see cref="AnswerKind.Forgotten"/>, maybe after the log has answered; else <see cref="AnswerKind.Gone"/>,
    /// <see cref="AnswerKind.Unavailable"/> or <see cref="AnswerKind.Unknown"/>: ask again.
    /// </summary>
    /// <remarks>
    /// A transaction that is not decided is aborted by the question, and later requests of it are refused. To a
    /// participant that has prepared, forgotten means aborted: what is committed is not forgotten before it has
    /// resolved.
    /// </remarks>
    public void AskOutcome(long call, TransactionId id)
    {
        if (_state != EngineState.Serving)
        {
            Answer(call, AnswerKind.Gone, StateText);
            return;
        }

        var transaction = _transactions.GetValueOrDefault(id);
        if (OutcomeOf(id) is { } isCommitted)
        {
            Answer(call, isCommitted ? AnswerKind.Committed : AnswerKind.Aborted, "");
        }
        else if (transaction is { Phase: TransactionPhase.Committing })
        {
            transaction.Calls.Add(call);
        }
        else if (transaction is { Phase: not TransactionPhase.Active })
        {
            Answer(call, AnswerKind.Unknown, $"{transaction.Decider} decides");
        }
        else if (_coordinators.GetValueOrDefault(id.Coordinator) is { } record && record.HasForgotten(id.Number))
        {
            Answer(call, AnswerKind.Forgotten, "");
        }
        else
        {
            if (transaction is not null)
            {
                Drop(transaction, AnswerKind.Aborted, "its outcome was asked for before it was committed");
            }

            Finish(id, isCommitted: false);
            Answer(call, AnswerKind.Aborted, "");
        }

        Pump();
    }

    /// <summary>A participant has resolved a transaction that was decided here. There is no answer.</summary>
    public void Acknowledge(TransactionId id, FragmentId participant)
    {
        if (_unresolved.GetValueOrDefault(id) is { } participants && participants.Remove(participant) && participants.Count == 0)
        {
            _unresolved.Remove(id);
            if (_coordinators.GetValueOrDefault(id.Coordinator) is { } record)
            {
                record.DropEnded(id.Number);
            }
        }
    }

    /// <summary>All transactions of a coordinator below a number are finished: it will ask for none of them.</summary>
    public void Close(ReplicaId coordinator, long firstOpen) => RecordOf(coordinator).Close(firstOpen);

    /// <summary>
    /// A coordinator is dead: what it has not prepared is dropped, and nothing of it is taken any
    /// more.
    /// </summary>
    public void OnCoordinatorGone(ReplicaId coordinator)
    {
        RecordOf(coordinator).IsGone = true;
        DropActive(transaction => transaction.Id.Coordinator == coordinator, "its coordinator is dead");
        Pump();
    }

    /// <summary>
    /// The outcomes of a dead coordinator's transactions are not told any more, other than to
    /// participants.
    /// </summary>
    public void ForgetCoordinator(ReplicaId coordinator) => RecordOf(coordinator).Forget();

    /// <summary>Returns the transactions that have prepared here and wait for their decision.</summary>
    public IReadOnlyList<InDoubt> InDoubt() =>
    [
        .. _transactions.Values.Where(transaction => transaction.Phase == TransactionPhase.Prepared)
            .Select(transaction => new InDoubt(transaction.Id, transaction.Decider, transaction.PreparedAtMs)),
    ];

    /// <summary>
    /// Returns what was decided here and may not be resolved everywhere: tell them, if the coordinator does
    /// not.
    /// </summary>
    public IReadOnlyList<(TransactionId Id, IReadOnlyList<FragmentId> Participants)> Unresolved() =>
        [.. _unresolved.Select(decision => (decision.Key, (IReadOnlyList<FragmentId>)[.. decision.Value.Order()]))];

    // Null if nothing is known.
    private bool? OutcomeOf(TransactionId id) => _unresolved.ContainsKey(id) ? true
        : _coordinators.GetValueOrDefault(id.Coordinator) is { } record && record.Ended.TryGetValue(id.Number, out var isCommitted)
            ? isCommitted
            : null;

    private bool IsFinished(TransactionId id) =>
        _coordinators.GetValueOrDefault(id.Coordinator) is { } record && record.IsFinished(id.Number);

    private void Finish(TransactionId id, bool isCommitted) => RecordOf(id.Coordinator).End(id.Number, isCommitted);

    private void NoteCommitted(TransactionId id, IReadOnlyList<FragmentId> participants)
    {
        Finish(id, isCommitted: true);
        if (participants.Count > 0)
        {
            _unresolved[id] = [.. participants];
        }
    }

    private CoordinatorRecord RecordOf(ReplicaId coordinator)
    {
        if (!_coordinators.TryGetValue(coordinator, out var record))
        {
            _coordinators.Add(coordinator, record = new CoordinatorRecord());
        }

        return record;
    }
}

/// <summary>How the transactions of one coordinator have ended, as far as somebody may ask.</summary>
internal sealed class CoordinatorRecord
{
    /// <summary>Number -> whether it is committed; those below <see cref="FirstOpen"/> are left out.</summary>
    public SortedDictionary<long, bool> Ended { get; } = [];

    public long FirstOpen { get; private set; }

    public bool IsGone { get; set; }

    public bool IsFinished(long number) => IsGone || number < FirstOpen || Ended.ContainsKey(number);

    public bool HasForgotten(long number) => number < FirstOpen;

    /// <exception cref="InvalidOperationException">It has ended in the other way: an invariant is broken.</exception>
    public void End(long number, bool isCommitted)
    {
        if (number >= FirstOpen && !Ended.TryAdd(number, isCommitted) && isCommitted && !Ended[number])
        {
            throw new InvalidOperationException($"Transaction {number} is committed, but was said to be aborted.");
        }
    }

    public void DropEnded(long number)
    {
        if (number < FirstOpen)
        {
            Ended.Remove(number);
        }
    }

    public void Close(long firstOpen)
    {
        FirstOpen = Math.Max(FirstOpen, firstOpen);
        while (Ended.Count > 0 && Ended.First().Key is var number && number < FirstOpen)
        {
            Ended.Remove(number);
        }
    }

    public void Forget()
    {
        FirstOpen = long.MaxValue;
        Ended.Clear();
    }
}
