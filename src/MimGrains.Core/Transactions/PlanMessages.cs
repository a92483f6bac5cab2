namespace MimGrains.Core.Transactions;

/// <summary>What a coordinator asks a fragment.</summary>
public enum PlannedCallKind
{
    /// <summary><see cref="FragmentEngine.Acquire"/></summary>
    Acquire = 0,

    /// <summary><see cref="FragmentEngine.Validate"/></summary>
    Validate = 1,

    /// <summary><see cref="FragmentEngine.Prepare"/></summary>
    Prepare = 2,

    /// <summary><see cref="FragmentEngine.Commit"/></summary>
    Commit = 3,

    /// <summary><see cref="FragmentEngine.Resolve"/></summary>
    Resolve = 4,

    /// <summary><see cref="FragmentEngine.Release"/>; there is no answer.</summary>
    Release = 5,

    /// <summary><see cref="FragmentEngine.AskOutcome"/></summary>
    AskOutcome = 6,

    /// <summary><see cref="FragmentEngine.Acknowledge"/>; there is no answer.</summary>
    Acknowledge = 7,
}

/// <summary>A call that a <see cref="TransactionPlan"/> wants to be made.</summary>
/// <param name="To">The fragment.</param>
/// <param name="Kind">What to ask; it decides what of the rest is used.</param>
/// <param name="Id">The attempt.</param>
/// <param name="Age">Its age.</param>
/// <param name="Epoch">As in <see cref="FragmentCall"/>.</param>
/// <param name="HasLocks">As in <see cref="FragmentCall"/>.</param>
/// <param name="IsPatient">As in <see cref="FragmentCall"/>.</param>
public sealed record PlannedCall(
    FragmentId To, PlannedCallKind Kind, TransactionId Id, TransactionAge Age, long Epoch, bool HasLocks, bool IsPatient)
{
    /// <summary>Returns the locks to acquire.</summary>
    public IReadOnlyList<LockWish> Locks { get; init; } = [];

    /// <summary>Returns the writes to prepare or to commit.</summary>
    public IReadOnlyList<FragmentWrite> Writes { get; init; } = [];

    /// <summary>Returns who decides about prepared writes.</summary>
    public FragmentId Decider { get; init; }

    /// <summary>Returns the other fragments with writes, or who has resolved.</summary>
    public IReadOnlyList<FragmentId> Participants { get; init; } = [];

    /// <summary>Returns what was decided.</summary>
    public bool IsCommitted { get; init; }

    /// <summary>Whether an answer is to be waited for.</summary>
    public bool HasAnswer => Kind is not (PlannedCallKind.Release or PlannedCallKind.Acknowledge);
}

/// <summary>What has become of an attempt.</summary>
public enum TransactionVerdict
{
    /// <summary>Not known yet.</summary>
    Open = 0,

    /// <summary>Committed: it stays.</summary>
    Committed = 1,

    /// <summary>Nothing of it stays; it may be tried again, with its age.</summary>
    Restart = 2,

    /// <summary>Nothing of it stays, and trying again would not help.</summary>
    Aborted = 3,
}
