using System.Diagnostics.CodeAnalysis;

namespace MimGrains.Tables;

/// <summary>
/// A table that every silo holds whole: reads are local and cost no message, no await and no lock; a write returns when every
/// live silo that holds the table has applied it.
/// </summary>
/// <typeparam name="TKey">Key; unique in the table, ordered by <see cref="TableDefinition{TKey,TRecord}.Order"/>.</typeparam>
/// <typeparam name="TRecord">Record; treated as immutable once it was given to the table.</typeparam>
/// <remarks>
/// All members may be called from any thread, inside and outside of grains. Two concurrent writes of one key end the same on
/// every silo: the one with the greater (hybrid logical time, silo) stays. Follows the operations of esl/cets <c>src/cets.erl</c>.
/// </remarks>
public partial interface IReplicatedTable<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    /// <summary>Returns the name of the table; unique in the cluster.</summary>
    string Name { get; }

    /// <summary>Returns how many records the replica of this silo holds.</summary>
    long Count { get; }

    /// <summary>Reads a record from the replica of this silo.</summary>
    /// <remarks>Allocates nothing and takes no lock.</remarks>
    bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record);

    /// <summary>Returns the records whose key starts with <paramref name="prefix"/>, ascending by key.</summary>
    /// <param name="prefix">
    /// Compares itself with a key: negative when every key that starts with it is greater than that key, 0 when the key starts
    /// with it, positive when every such key is less.
    /// </param>
    /// <remarks>
    /// A prefix type that the definition declares with <c>WithPrefixIndex</c> costs time in proportion to the records found;
    /// every other one costs in addition a descent of the ordered index.
    /// </remarks>
    IReadOnlyList<TableEntry<TKey, TRecord>> Scan<TPrefix>(TPrefix prefix)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>;

    /// <summary>
    /// Returns the first <paramref name="limit"/> records whose key starts with <paramref name="prefix"/>, ascending by key.
    /// </summary>
    /// <param name="prefix">As for <see cref="Scan"/>.</param>
    /// <param name="limit">The most records to return; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is less than 1.</exception>
    /// <remarks>Costs a descent of the ordered index and time in proportion to the records returned.</remarks>
    IReadOnlyList<TableEntry<TKey, TRecord>> ScanPage<TPrefix>(TPrefix prefix, int limit)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>;

    /// <summary>
    /// Returns the first <paramref name="limit"/> records whose key starts with <paramref name="prefix"/> and is greater than
    /// <paramref name="after"/>, ascending by key. Fewer than <paramref name="limit"/> records are the last page.
    /// </summary>
    /// <param name="prefix">As for <see cref="Scan"/>.</param>
    /// <param name="after">
    /// The last key of the page before. It need not be in the table any more, and need not start with
    /// <paramref name="prefix"/>: one that is less than all such keys gives the first page, one that is greater gives none.
    /// </param>
    /// <param name="limit">The most records to return; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is less than 1.</exception>
    /// <remarks>
    /// Costs as the first page does. Pages are separate reads: a key that is there throughout is seen exactly once.
    /// </remarks>
    IReadOnlyList<TableEntry<TKey, TRecord>> ScanPage<TPrefix>(TPrefix prefix, TKey after, int limit)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>;

    /// <summary>Returns how many records have a key that starts with <paramref name="prefix"/>.</summary>
    long CountPrefix<TPrefix>(TPrefix prefix)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>;

    /// <summary>
    /// Enumerates the whole replica, ascending by key. Never blocks writers: a record that is written during the enumeration
    /// may be seen in its old or its new form, a key that is there throughout is seen exactly once.
    /// </summary>
    IEnumerable<TableEntry<TKey, TRecord>> Dump();

    /// <summary>Inserts a record, or replaces the one with the same key.</summary>
    /// <exception cref="WriteNotAcknowledgedException">
    /// A live silo did not answer within the timeout of the table. The write is applied here and where it was acknowledged,
    /// and will reach the others when they answer again.
    /// </exception>
    /// <exception cref="TableUnavailableException">The table on this silo is not ready yet, or the silo is stopping.</exception>
    Task InsertAsync(TKey key, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>Inserts or replaces many records; on every silo they are applied in the given order.</summary>
    /// <exception cref="WriteNotAcknowledgedException">As for <see cref="InsertAsync"/>.</exception>
    Task InsertManyAsync(IReadOnlyCollection<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken = default);

    /// <summary>Deletes the record with this key; a key that is not there is no error.</summary>
    /// <exception cref="WriteNotAcknowledgedException">As for <see cref="InsertAsync"/>.</exception>
    Task DeleteAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>Deletes the records with these keys; keys that are not there are no error.</summary>
    /// <exception cref="WriteNotAcknowledgedException">As for <see cref="InsertAsync"/>.</exception>
    Task DeleteManyAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default);

    /// <summary>
    /// Compares the replicas of all live silos while writes go on, and names the keys of which they hold different records.
    /// </summary>
    /// <remarks>
    /// Sums of buckets are compared first; only records of buckets that differ travel. A difference counts when one replica has
    /// applied what the other one had, and still holds something else. What differs is not mended: the silos do that by
    /// themselves, every <c>ReplicationOptions.VerifyPeriod</c>.
    /// </remarks>
    /// <exception cref="TableUnavailableException">The table on this silo is not ready yet, or the silo is stopping.</exception>
    Task<TableComparison<TKey>> VerifyAsync(CancellationToken cancellationToken = default);

    /// <summary>Deletes the record with this key if it equals <paramref name="record"/> on this silo.</summary>
    /// <returns>Whether it did.</returns>
    /// <exception cref="WriteNotAcknowledgedException">As for <see cref="InsertAsync"/>.</exception>
    /// <remarks>
    /// Records are equal by their own <c>Equals</c>, or when their encoded bytes are. Compared is what this silo has applied: a
    /// concurrent write of another silo races with the delete as with any other write, and may be lost to it. In a table with a
    /// resolver it is not: a delete takes only what its silo had seen. For certainty use an operation of the leader.
    /// </remarks>
    Task<bool> DeleteObjectAsync(TKey key, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>Deletes those of these records that are there and equal; see <see cref="DeleteObjectAsync"/>.</summary>
    /// <returns>How many they were.</returns>
    /// <exception cref="WriteNotAcknowledgedException">As for <see cref="InsertAsync"/>.</exception>
    Task<int> DeleteObjectsAsync(
        IReadOnlyCollection<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken = default);

    /// <summary>Completes when this silo's replica has joined the others and holds all their records.</summary>
    Task WaitForReadyAsync(CancellationToken cancellationToken = default);
}
