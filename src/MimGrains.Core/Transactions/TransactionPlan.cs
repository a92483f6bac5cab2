namespace MimGrains.Core.Transactions;

// acquire (lock, read) ... -> end: [lock everything] -> prepare the others, validate those only read -> commit at the decider
// -> resolve the others -> acknowledge to the decider
/// <summary>
/// One attempt of a transaction as its coordinator runs it: which calls go to which fragments, and what their answers
/// mean. The adapter makes the calls, and gives every answer back, or that there is none.
/// </summary>
/// <remarks>
/// <para>Invariants. (1) There is a moment, after the last lock was granted and before the decision, at which all locks
/// of the attempt are held: every fragment confirms, by validating, preparing or committing, after that moment, that it
/// has held them since they were granted. So attempts that commit are serializable in the order of those moments.
/// Missing write locks are therefore taken before anybody is asked to confirm, wherever somebody confirms read locks
/// which it may lose afterwards. (2) The commit goes to one fragment, once; without an answer only the outcome is asked
/// for. (3) The number of the attempt is closed only when <see cref="IsSettled"/>.</para>
/// <para>One call at a time until the first answer: until then nobody knows which activation has the locks.</para>
/// </remarks>
public sealed partial class TransactionPlan
{
    private readonly SortedDictionary<FragmentId, PlanPart> _parts = [];
    private readonly HashSet<PlannedCall> _underWay = new(ReferenceEqualityComparer.Instance);
    private PlanStage _stage;

    /// <summary>Begins an attempt.</summary>
    public TransactionPlan(TransactionId id, TransactionAge age) => (Id, Age) = (id, age);

    /// <summary>Returns the attempt.</summary>
    public TransactionId Id { get; }

    /// <summary>Returns its age.</summary>
    public TransactionAge Age { get; }

    /// <summary>Returns what has become of it.</summary>
    public TransactionVerdict Verdict { get; private set; }

    /// <summary>Returns for people why it did not commit, or what stands in the way.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>Whether the commit was sent and nobody could say yet what has become of it.</summary>
    public bool IsInDoubt => _stage == PlanStage.Asking;

    /// <summary>Whether nothing remains to be done: the number may be closed.</summary>
    public bool IsSettled => Verdict != TransactionVerdict.Open && _stage == PlanStage.Settled;

    /// <summary>Returns the fragments that have, or may have, something of the attempt, ascending.</summary>
    public IReadOnlyCollection<FragmentId> Fragments => _parts.Keys;

    /// <summary>Returns the fragment that decides, or has decided; null before the end.</summary>
    public FragmentId? Decider { get; private set; }

    /// <summary>
    /// Returns the fragment and the locks for which an older transaction was in the way: the next attempt best takes
    /// them first, and waits patiently. Null if that was not the reason.
    /// </summary>
    public (FragmentId Fragment, IReadOnlyList<LockWish> Locks)? RefusedAt { get; private set; }

    /// <summary>
    /// Whether <see cref="Acquire"/> may be called for a fragment now. It must not while the first call of all, or the
    /// first one to that fragment, has no answer yet.
    /// </summary>
    public bool CanAcquire(FragmentId fragment) => _stage == PlanStage.Active && Verdict == TransactionVerdict.Open
        && (_underWay.Count == 0 || (!IsFirst && _parts.GetValueOrDefault(fragment) is null or { Epoch: > 0 }));

    /// <summary>Returns the call that takes locks.</summary>
    /// <exception cref="InvalidOperationException">It must not be called now.</exception>
    public PlannedCall Acquire(FragmentId fragment, IReadOnlyList<LockWish> locks)
    {
        if (!CanAcquire(fragment))
        {
            throw new InvalidOperationException($"{Id} must not ask {fragment} for locks now: it is {_stage}.");
        }

        var isPatient = IsFirst;
        if (!_parts.TryGetValue(fragment, out var part))
        {
            _parts.Add(fragment, part = new PlanPart());
        }

        return Send(new PlannedCall(fragment, PlannedCallKind.Acquire, Id, Age, part.Epoch, part.Epoch > 0, isPatient)
        {
            Locks = locks,
        });
    }

    /// <summary>Whether the attempt has all of these locks.</summary>
    public bool Holds(FragmentId fragment, IReadOnlyList<LockWish> locks) =>
        _parts.GetValueOrDefault(fragment) is { } part && locks.All(part.Holds);

    /// <summary>Ends the attempt as one that must not commit.</summary>
    /// <returns>Calls to make.</returns>
    public IReadOnlyList<PlannedCall> Abort(string reason) =>
        Verdict == TransactionVerdict.Open && _stage != PlanStage.Asking && _stage != PlanStage.Deciding
            ? Fail(TransactionVerdict.Aborted, reason)
            : [];

    /// <summary>An answer has come.</summary>
    /// <returns>More calls to make.</returns>
    public IReadOnlyList<PlannedCall> OnAnswer(PlannedCall call, AnswerKind kind, long epoch, string detail)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (!_underWay.Remove(call))
        {
            return [];
        }

        return call.Kind switch
        {
            PlannedCallKind.Resolve => OnResolved(call, kind),
            PlannedCallKind.Commit => OnCommitted(call, kind, detail),
            PlannedCallKind.AskOutcome => OnOutcome(call, kind, detail),
            _ when Verdict != TransactionVerdict.Open => [],
            PlannedCallKind.Acquire => OnAcquired(call, kind, epoch, detail),
            _ => OnConfirmed(call, kind, detail),
        };
    }

    /// <summary>No answer has come, nor will.</summary>
    /// <returns>More calls to make, best after a pause if there was a call like it before.</returns>
    public IReadOnlyList<PlannedCall> OnNoAnswer(PlannedCall call, string detail)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (!_underWay.Remove(call))
        {
            return [];
        }

        return call.Kind switch
        {
            PlannedCallKind.Resolve => IsAborting ? [] : [Send(call)],
            PlannedCallKind.Commit or PlannedCallKind.AskOutcome => Ask(detail),
            _ when Verdict != TransactionVerdict.Open => [],
            _ => Fail(TransactionVerdict.Restart, $"{call.To} did not answer: {detail}"),
        };
    }

    // Nothing is held anywhere, nor asked for.
    private bool IsFirst => _parts.Values.All(part => part.Epoch == 0);

    private bool IsAborting => Verdict is TransactionVerdict.Restart or TransactionVerdict.Aborted;

    private PlannedCall Send(PlannedCall call)
    {
        if (call.HasAnswer)
        {
            _underWay.Add(call);
        }

        return call;
    }

    private IReadOnlyList<PlannedCall> OnAcquired(PlannedCall call, AnswerKind kind, long epoch, string detail)
    {
        var part = _parts[call.To];
        switch (kind)
        {
            case AnswerKind.Granted when part.Epoch != 0 && part.Epoch != epoch:
                return Fail(TransactionVerdict.Restart, $"{call.To} is activated anew");
            case AnswerKind.Granted:
                part.Epoch = epoch;
                part.Note(call.Locks);
                return _stage == PlanStage.Locking && _underWay.Count == 0 ? Confirm() : [];
            case AnswerKind.Refused:
                RefusedAt = (call.To, call.Locks);
                return Fail(TransactionVerdict.Restart, $"{call.To}: {detail}");
            default:
                return Fail(TransactionVerdict.Restart, $"{call.To}: {detail}");
        }
    }
}

/// <summary>Where an attempt stands.</summary>
internal enum PlanStage
{
    Active,

    Locking,

    Confirming,

    Deciding,

    Asking,

    Telling,

    Settled,
}

/// <summary>What an attempt has in one fragment.</summary>
internal sealed class PlanPart
{
    private readonly Dictionary<RecordKey, LockMode> _records = [];
    private LockMode _slice;

    /// <summary>Of the activation that has the locks; 0 if none has.</summary>
    public long Epoch { get; set; }

    /// <summary>Of the activation that shall take writes for which nothing is locked yet.</summary>
    public long ExpectedEpoch { get; set; }

    public IReadOnlyList<FragmentWrite> Writes { get; set; } = [];

    /// <summary>Whether it has locks that a preparation does not keep over activations.</summary>
    public bool HasRead { get; private set; }

    /// <summary>Whether it was asked to prepare: only a decision ends that.</summary>
    public bool MayBePrepared { get; set; }

    /// <summary>Whether it has let its locks go.</summary>
    public bool IsReleased { get; set; }

    public IReadOnlyList<LockWish> WriteLocks => [.. Writes.Select(write => write.Lock)];

    public bool IsBlind => !WriteLocks.All(Holds);

    public void Note(IReadOnlyList<LockWish> locks)
    {
        HasRead = true;
        foreach (var wish in locks)
        {
            if (wish.Key is { } key)
            {
                _records[key] = LockModes.Join(_records.GetValueOrDefault(key), wish.Mode);
            }
            else
            {
                _slice = LockModes.Join(_slice, wish.Mode);
            }
        }
    }

    public bool Holds(LockWish wish) => wish.Key is { } key
        ? LockModes.Covers(_slice, wish.Mode) || LockModes.Join(_records.GetValueOrDefault(key), wish.Mode) == _records.GetValueOrDefault(key)
        : LockModes.Join(_slice, wish.Mode) == _slice;
}
