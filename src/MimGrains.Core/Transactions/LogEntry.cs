using MimGrains.Core.Identity;

namespace MimGrains.Core.Transactions;

/// <summary>What an entry of a fragment's log says.</summary>
public enum LogEntryKind
{
    /// <summary>
    /// An activation has begun. Its number is the epoch, which begins anew when all silos were gone; what counts is the place
    /// that the row takes.
    /// </summary>
    Opened = 1,

    /// <summary>Writes count from here on. With participants, it is the decision for them as well.</summary>
    Committed = 2,

    /// <summary>Writes wait for the decision, which the decider has.</summary>
    Prepared = 3,

    /// <summary>The prepared writes of a transaction count from here on.</summary>
    Applied = 4,

    /// <summary>The prepared writes of a transaction never count.</summary>
    Dropped = 5,

    /// <summary>Writes without a transaction count from here on.</summary>
    Dirty = 6,

    /// <summary>Carried over by a compaction: a transaction is committed, its own writes are in the pages.</summary>
    Outcome = 7,

    /// <summary>Carried over by a compaction: all transactions of a coordinator below a number are finished.</summary>
    Closed = 8,
}

/// <summary>One entry of a fragment's log.</summary>
/// <param name="Kind">What it says; it decides what of the rest is used.</param>
/// <param name="Id">The transaction.</param>
/// <param name="Number">The epoch, or the coordinator's first transaction that is not finished.</param>
/// <param name="Decider">Of prepared writes.</param>
/// <param name="Participants">Of a decision: those who are told, other than the decider.</param>
/// <param name="Writes">In their order.</param>
public sealed record LogEntry(
    LogEntryKind Kind,
    TransactionId Id,
    long Number,
    FragmentId Decider,
    IReadOnlyList<FragmentId> Participants,
    IReadOnlyList<FragmentWrite> Writes)
{
    internal static LogEntry Opened(long epoch) => new(LogEntryKind.Opened, NoId, epoch, NoFragment, [], []);

    internal static LogEntry Committed(
        TransactionId id, IReadOnlyList<FragmentId> participants, IReadOnlyList<FragmentWrite> writes) =>
        new(LogEntryKind.Committed, id, 0, NoFragment, participants, writes);

    internal static LogEntry Prepared(TransactionId id, FragmentId decider, IReadOnlyList<FragmentWrite> writes) =>
        new(LogEntryKind.Prepared, id, 0, decider, [], writes);

    internal static LogEntry Applied(TransactionId id) => new(LogEntryKind.Applied, id, 0, NoFragment, [], []);

    internal static LogEntry Dropped(TransactionId id) => new(LogEntryKind.Dropped, id, 0, NoFragment, [], []);

    internal static LogEntry Dirty(IReadOnlyList<FragmentWrite> writes) =>
        new(LogEntryKind.Dirty, NoId, 0, NoFragment, [], writes);

    internal static LogEntry Outcome(TransactionId id, IReadOnlyList<FragmentId> participants) =>
        new(LogEntryKind.Outcome, id, 0, NoFragment, participants, []);

    internal static LogEntry Closed(ReplicaId coordinator, long firstOpen) =>
        new(LogEntryKind.Closed, new TransactionId(coordinator, 0), firstOpen, NoFragment, [], []);

    private static TransactionId NoId => new(new ReplicaId(""), 0);

    private static FragmentId NoFragment => new("", 0);
}
