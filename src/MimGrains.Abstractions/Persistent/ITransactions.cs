namespace MimGrains.Persistent;

/// <summary>
/// Runs activities on persistent tables. A service of every silo, and of Orleans clients
/// (<see cref="TransactionsClientExtensions.AddTransactionsClient"/>); thread-safe.
/// </summary>
/// <remarks>
/// In an Orleans client each read is a call to its gateway silo: where latency counts, or much is read, a grain that runs the
/// transaction on a silo is faster. Transactions are serializable: strict two-phase locking; one that meets the lock of an older one is
/// run again, with the age that it has. What a body throws ends its transaction without any effect, and is thrown to the caller as it
/// is. A cancelled call is aborted too, unless it was already being committed: then it is waited for.
/// </remarks>
public interface ITransactions
{
    /// <summary>Returns whether the caller runs in the body of a transaction (not of a dirty activity).</summary>
    bool IsInTransaction { get; }

    /// <summary>
    /// Runs a transaction. Returns when it is committed: in the database, or, for what is only in memory, on every live
    /// silo.
    /// </summary>
    /// <param name="body">What it does. It may be run several times.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="cancellationToken">Aborts it.</param>
    /// <returns>What the last run of the body returned.</returns>
    /// <exception cref="TransactionAbortedException">It is aborted; says why.</exception>
    /// <exception cref="TransactionTimeoutException">It is aborted, as it took too long.</exception>
    /// <exception cref="TransactionInDoubtException">Whether it was committed is not known now; ask later.</exception>
    /// <exception cref="NoSuchTableException">A table is not there.</exception>
    /// <exception cref="PersistentTableUnavailableException">A table cannot be used now.</exception>
    /// <exception cref="InvalidOperationException">
    /// The caller runs in a transaction already: nest with <see cref="ITransaction.TransactionAsync"/>.
    /// </exception>
    Task<TResult> TransactionAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, TransactionOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="TransactionAsync"/>; returns when every live silo has applied it.</summary>
    Task<TResult> SyncTransactionAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, TransactionOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Runs operations without locks, once: each for itself, and what is done stays when a later one fails. A write
    /// returns when the
    /// silo that keeps the record has it.
    /// </summary>
    /// <exception cref="TransactionTimeoutException">An operation took too long; it may still be done.</exception>
    Task<TResult> AsyncDirtyAsync<TResult>(Func<ITransaction, Task<TResult>> body, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="AsyncDirtyAsync"/>; a write returns when every live silo has applied it.</summary>
    Task<TResult> SyncDirtyAsync<TResult>(Func<ITransaction, Task<TResult>> body, CancellationToken cancellationToken = default);

    /// <summary>Returns what became of a transaction. Kept for at least ten minutes after it has ended.</summary>
    Task<TransactionOutcome> OutcomeAsync(TransactionId id, CancellationToken cancellationToken = default);
}
