namespace MimGrains.Persistent;

// Writes without a transaction. Where all silos must have it when it returns: ITransactions.SyncDirtyAsync.
public partial interface IPersistentTable<TKey, TRecord>
{
    /// <summary>
    /// Writes a record, as <c>dirty_write</c>: in place of the one that the key has, or, in a bag, beside those that it
    /// has. Returns
    /// when it is safe, in the database or, for <see cref="StorageType.Ram"/>, in the memory of every live silo. Reads
    /// on the silo that
    /// keeps the record see it then, those on other silos a moment later.
    /// </summary>
    /// <exception cref="TransactionTimeoutException">It took too long; it may still be done.</exception>
    /// <exception cref="PersistentTableUnavailableException">
    /// The table cannot be used now; nothing was written.
    /// </exception>
    Task WriteAsync(TKey key, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>Deletes all records of a key, as <c>dirty_delete</c>; that there are none is no error.</summary>
    /// <exception cref="TransactionTimeoutException">As for <see cref="WriteAsync"/>.</exception>
    Task DeleteAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes exactly this record of a key, as <c>dirty_delete_object</c>; that it is not there is no error.
    /// </summary>
    /// <exception cref="TransactionTimeoutException">As for <see cref="WriteAsync"/>.</exception>
    Task DeleteObjectAsync(TKey key, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes all records, as <c>clear_table</c>: waits for the transactions that use the table, and keeps others
    /// waiting. Returns when
    /// all live silos have deleted them.
    /// </summary>
    /// <exception cref="TransactionTimeoutException">The table was in use for too long; nothing is deleted.</exception>
    /// <exception cref="PersistentTableUnavailableException">
    /// A fragment cannot be cleared now; others may be.
    /// </exception>
    Task ClearAsync(CancellationToken cancellationToken = default);
}
