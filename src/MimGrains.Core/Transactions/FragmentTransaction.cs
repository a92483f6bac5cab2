namespace MimGrains.Core.Transactions;

/// <summary>Where a transaction stands in a fragment.</summary>
internal enum TransactionPhase
{
    /// <summary>It has or wants locks; whatever happens, it may be dropped.</summary>
    Active,

    /// <summary>Its commit is on its way to the log.</summary>
    Committing,

    /// <summary>Its prepared writes are on their way to the log.</summary>
    Preparing,

    /// <summary>Only the decider may end it.</summary>
    Prepared,

    /// <summary>It is committed, and the note of it is on its way to the log.</summary>
    Applying,
}

/// <summary>A transaction as one fragment knows it.</summary>
internal sealed class FragmentTransaction(TransactionId id, TransactionAge age)
{
    public TransactionId Id { get; } = id;

    public TransactionAge Age { get; } = age;

    public TransactionPhase Phase { get; set; }

    public long LastHeardMs { get; set; }

    public long PreparedAtMs { get; set; }

    public IReadOnlyList<FragmentWrite> Writes
    {
        get;
        set
        {
            field = value;
            WriteBytes = value.Sum(write => (long)write.Key.Length + write.Record.Length);
        }
    } = [];

    /// <summary>Of keys and records of <see cref="Writes"/>.</summary>
    public long WriteBytes { get; private set; }

    public IReadOnlyList<FragmentId> Participants { get; set; } = [];

    public FragmentId Decider { get; set; }

    /// <summary>Calls that wait for locks.</summary>
    public List<long> Waiting { get; } = [];

    /// <summary>Calls that wait for the log.</summary>
    public List<long> Calls { get; } = [];

    /// <summary>Whether it was aborted while its prepared writes are on their way to the log.</summary>
    public bool IsAborted { get; set; }
}

/// <summary>What a call does once it has its locks.</summary>
internal sealed record LockedWork(
    FragmentTransaction Transaction,
    LogEntryKind? Entry,
    FragmentId Decider,
    IReadOnlyList<FragmentId> Participants,
    IReadOnlyList<FragmentWrite> Writes,
    long NowMs);

/// <summary>An entry on its way to the log.</summary>
internal readonly record struct PendingEntry(LogEntry Entry, FragmentTransaction? Transaction, long Call);
