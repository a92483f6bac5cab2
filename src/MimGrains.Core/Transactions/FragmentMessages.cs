namespace MimGrains.Core.Transactions;

/// <summary>What a write does.</summary>
public enum WriteKind
{
    /// <summary>Puts the record: in the place of the one with that key, in a bag beside the others.</summary>
    Put = 0,

    /// <summary>Deletes whatever has the key.</summary>
    Delete = 1,

    /// <summary>Deletes exactly this record.</summary>
    DeleteObject = 2,

    /// <summary>Deletes every record of the slice; it has no key.</summary>
    Clear = 3,
}

/// <summary>One write to a fragment.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Key">The encoded key: what is locked.</param>
/// <param name="Record">The encoded record; empty where there is none.</param>
public readonly record struct FragmentWrite(WriteKind Kind, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Record)
{
    /// <summary>Returns the lock that the write needs.</summary>
    public LockWish Lock => Kind == WriteKind.Clear
        ? LockWish.OfSlice(LockMode.Exclusive)
        : LockWish.OfRecord(Key, LockMode.Exclusive);
}

/// <summary>Who asks a fragment, and for which transaction.</summary>
/// <param name="Call">Chosen by the adapter: the answer bears it.</param>
/// <param name="Id">The attempt.</param>
/// <param name="Age">Its age.</param>
/// <param name="Epoch">
/// The activation of the fragment that is meant; 0 for any, which only <see cref="FragmentEngine.Acquire"/> allows.
/// </param>
/// <param name="HasLocks">Whether the transaction has locks here: it is refused if they are gone.</param>
/// <param name="IsPatient">Whether the transaction has no lock anywhere and asks for none beside this.</param>
/// <param name="NowMs">When the call came, by the adapter's clock.</param>
public readonly record struct FragmentCall(
    long Call, TransactionId Id, TransactionAge Age, long Epoch, bool HasLocks, bool IsPatient, long NowMs);

/// <summary>How a fragment answers.</summary>
public enum AnswerKind
{
    /// <summary>The locks are there. The adapter reads now, in the same turn, and answers with what it read.</summary>
    Granted = 0,

    /// <summary>An older transaction is in the way: let all locks go and start again.</summary>
    Refused = 1,

    /// <summary>
    /// This activation does not know the transaction, or is not the one that is meant. Nothing was
    /// done.
    /// </summary>
    Gone = 2,

    /// <summary>The writes are safe and will be applied once the decision is told.</summary>
    Prepared = 3,

    /// <summary>The locks of the transaction were there all the time; they are released.</summary>
    Valid = 4,

    /// <summary>The writes are in the log and applied.</summary>
    Committed = 5,

    /// <summary>The transaction is not committed, and will not be.</summary>
    Aborted = 6,

    /// <summary>The log could not take the writes: surely nothing was done.</summary>
    Unavailable = 7,

    /// <summary>Nobody can know yet whether the log has the writes: ask for the outcome later.</summary>
    Unknown = 8,

    /// <summary>Nothing of the transaction is left open here.</summary>
    Resolved = 9,

    /// <summary>The outcome was known once, and has been dropped since: every participant has resolved.</summary>
    Forgotten = 10,

    /// <summary>Writes without a transaction are in the log and applied.</summary>
    Written = 11,
}

/// <summary>What a <see cref="FragmentEngine"/> wants its adapter to do, in the given order.</summary>
public abstract record FragmentEffect;

/// <summary>An answer to a caller.</summary>
/// <param name="Call">Of the call.</param>
/// <param name="Kind">The answer.</param>
/// <param name="Epoch">Of this activation.</param>
/// <param name="Detail">For people: who is in the way, or what happened to the log.</param>
public sealed record AnswerEffect(long Call, AnswerKind Kind, long Epoch, string Detail) : FragmentEffect;

/// <summary>
/// A row is to be appended to the log, and its end told to the engine. There is never more than one under
/// way.
/// </summary>
/// <param name="Number">Of the row: insert it if there is none.</param>
/// <param name="Entries">What it holds.</param>
public sealed record AppendEffect(long Number, IReadOnlyList<LogEntry> Entries) : FragmentEffect;

/// <summary>Writes are to be applied now, before anything that follows.</summary>
/// <param name="Number">Of the row that made them count.</param>
/// <param name="Index">Of the entry in the row.</param>
/// <param name="Id">Of the transaction; default for writes without one.</param>
/// <param name="Writes">In their order.</param>
public sealed record ApplyEffect(long Number, int Index, TransactionId Id, IReadOnlyList<FragmentWrite> Writes) : FragmentEffect;

/// <summary>The first row of this activation is in the log: nobody else's can follow the ones before it.</summary>
public sealed record OpenedEffect : FragmentEffect;

/// <summary>This activation takes nothing any more, and nothing of it is under way.</summary>
/// <param name="Reason">For people.</param>
public sealed record StoppedEffect(string Reason) : FragmentEffect;

/// <summary>A transaction that has prepared here and waits for its decision.</summary>
/// <param name="Id">The transaction.</param>
/// <param name="Decider">The fragment that knows.</param>
/// <param name="SinceMs">When it prepared, by the adapter's clock; 0 if in an earlier activation.</param>
public readonly record struct InDoubt(TransactionId Id, FragmentId Decider, long SinceMs);
