namespace MimGrains.Persistent;

/// <summary>Why a transaction was aborted.</summary>
public enum AbortReason
{
    /// <summary>Its body asked for it.</summary>
    Requested = 0,

    /// <summary>It lost its locks to older transactions more often than its options allow.</summary>
    TooManyRestarts = 1,

    /// <summary>
    /// A silo that kept some of its records or locks died, or was replaced, before anything was decided.
    /// </summary>
    FragmentLost = 2,

    /// <summary>The database did not take it.</summary>
    StorageUnavailable = 3,

    /// <summary>It was not heard of for longer than it may hold locks.</summary>
    LeaseExpired = 4,

    /// <summary>A table does not allow it, such as one that is read-only now, or it writes too much.</summary>
    Refused = 5,
}

/// <summary>A transaction was aborted: nothing that it wrote is there.</summary>
[GenerateSerializer, Alias("mimgrains.transaction-aborted")]
public sealed class TransactionAbortedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="id">The transaction.</param>
    /// <param name="reason">Why.</param>
    /// <param name="detail">Why, in words; for <see cref="AbortReason.Requested"/> what the body said.</param>
    /// <param name="cause">What led to it.</param>
    public TransactionAbortedException(TransactionId id, AbortReason reason, string detail, Exception? cause = null)
        : base($"Transaction {id} is aborted ({reason}): {detail}", cause)
    {
        Id = id;
        Reason = reason;
        Detail = detail;
    }

    /// <summary>Returns the transaction.</summary>
    [Id(0)]
    public TransactionId Id { get; }

    /// <summary>Returns why.</summary>
    [Id(1)]
    public AbortReason Reason { get; }

    /// <summary>Returns why, in words; for <see cref="AbortReason.Requested"/> exactly what the body said.</summary>
    [Id(2)]
    public string Detail { get; }
}

/// <summary>
/// Whether a transaction was committed is not known now, as whoever decides it does not answer. It will be all or
/// nothing: ask
/// <see cref="ITransactions.OutcomeAsync"/> later.
/// </summary>
[GenerateSerializer, Alias("mimgrains.transaction-in-doubt")]
public sealed class TransactionInDoubtException : Exception
{
    /// <summary>Creates the exception.</summary>
    public TransactionInDoubtException(TransactionId id, string detail, Exception? cause = null)
        : base($"Transaction {id} is in doubt: {detail}. It is committed or aborted as a whole; ask for its outcome later.", cause) =>
        Id = id;

    /// <summary>Returns the transaction.</summary>
    [Id(0)]
    public TransactionId Id { get; }
}

/// <summary>
/// A transaction, or a dirty operation, did not end in time. A transaction is aborted: nothing that it wrote is there.
/// </summary>
[GenerateSerializer, Alias("mimgrains.transaction-timeout")]
public sealed class TransactionTimeoutException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="id">The transaction.</param>
    /// <param name="timeout">How long it could take.</param>
    /// <param name="waitedFor">What was waited for in the end: which lock, and who held it, or which silo.</param>
    public TransactionTimeoutException(TransactionId id, TimeSpan timeout, string waitedFor)
        : base($"Transaction {id} is aborted: it did not end within {timeout.TotalMilliseconds:0} ms; it waited for {waitedFor}.")
    {
        Id = id;
        WaitedFor = waitedFor;
    }

    /// <summary>Returns the transaction.</summary>
    [Id(0)]
    public TransactionId Id { get; }

    /// <summary>Returns what was waited for in the end.</summary>
    [Id(1)]
    public string WaitedFor { get; }
}

/// <summary>There is no persistent table of that name.</summary>
[GenerateSerializer, Alias("mimgrains.no-such-table")]
public sealed class NoSuchTableException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="table">The name.</param>
    /// <param name="known">The names of the tables that there are.</param>
    public NoSuchTableException(string table, IReadOnlyList<string> known)
        : base($"There is no persistent table {table}; there are: [{string.Join(", ", known)}].") => Table = table;

    /// <summary>Returns the name.</summary>
    [Id(0)]
    public string Table { get; }
}

/// <summary>
/// A persistent table cannot be used now: it is not loaded yet, its database is away, or the silo is stopping.
/// </summary>
[GenerateSerializer, Alias("mimgrains.persistent-table-unavailable")]
public sealed class PersistentTableUnavailableException : Exception
{
    /// <summary>Creates the exception.</summary>
    public PersistentTableUnavailableException(string table, string reason, Exception? cause = null)
        : base($"Persistent table {table}: {reason}", cause) => Table = table;

    /// <summary>Returns the name of the table.</summary>
    [Id(0)]
    public string Table { get; }
}
