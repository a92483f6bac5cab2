namespace MimGrains.Tables;

/// <summary>
/// A bag that every silo holds whole: several records for each key, each of them at most once. Reads are local; a write returns
/// when every live silo that holds the bag has applied it.
/// </summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record; treated as immutable once it was given to the bag.</typeparam>
/// <remarks>
/// <para>Two concurrent operations end the same on every silo: a delete removes exactly the inserts that the silo where it was
/// called had applied, so that of a concurrent insert and delete of one record the insert stays (an observed-remove set;
/// Bieniusa et al. 2012). Two inserts of one record are one record.</para>
/// <para>All members may be called from any thread. Follows the bags of esl/cets <c>src/cets.erl</c>, which diverge here.</para>
/// </remarks>
public interface IReplicatedBag<TKey, TRecord>
    where TKey : notnull
    where TRecord : notnull
{
    /// <summary>Returns the name; unique in the cluster, also among tables.</summary>
    string Name { get; }

    /// <summary>Returns how many records the replica of this silo holds.</summary>
    long Count { get; }

    /// <summary>Returns the records of a key, ascending; a consistent state of the replica of this silo.</summary>
    /// <remarks>Takes no lock; costs time in proportion to the records found.</remarks>
    IReadOnlyList<TRecord> Lookup(TKey key);

    /// <summary>Returns how many records a key has.</summary>
    long CountOf(TKey key);

    /// <summary>Returns whether the replica of this silo holds a record of a key. Takes no lock and allocates nothing.</summary>
    bool Contains(TKey key, TRecord record);

    /// <summary>Enumerates the whole replica as it is at the call, ascending by key, then record.</summary>
    IEnumerable<TableEntry<TKey, TRecord>> Dump();

    /// <summary>Inserts a record; one that is there already stays, once.</summary>
    /// <exception cref="WriteNotAcknowledgedException">As for <see cref="IReplicatedTable{TKey,TRecord}.InsertAsync"/>.</exception>
    /// <exception cref="TableUnavailableException">The bag on this silo is not ready yet, or the silo is stopping.</exception>
    Task InsertAsync(TKey key, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>Inserts many records, in the given order.</summary>
    /// <exception cref="WriteNotAcknowledgedException">As for <see cref="InsertAsync"/>.</exception>
    Task InsertManyAsync(IReadOnlyCollection<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken = default);

    /// <summary>Deletes all records that a key has on this silo; a key without records is no error.</summary>
    /// <exception cref="WriteNotAcknowledgedException">As for <see cref="InsertAsync"/>.</exception>
    Task DeleteAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>Deletes all records that these keys have on this silo.</summary>
    /// <exception cref="WriteNotAcknowledgedException">As for <see cref="InsertAsync"/>.</exception>
    Task DeleteManyAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default);

    /// <summary>Deletes one record of a key; one that is not there is no error.</summary>
    /// <exception cref="WriteNotAcknowledgedException">As for <see cref="InsertAsync"/>.</exception>
    Task DeleteObjectAsync(TKey key, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>Deletes these records; those that are not there are no error.</summary>
    /// <exception cref="WriteNotAcknowledgedException">As for <see cref="InsertAsync"/>.</exception>
    Task DeleteObjectsAsync(IReadOnlyCollection<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken = default);

    /// <summary>Completes when this silo's replica has joined the others and holds all their records.</summary>
    Task WaitForReadyAsync(CancellationToken cancellationToken = default);
}
