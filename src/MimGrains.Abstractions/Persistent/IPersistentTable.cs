using System.Diagnostics.CodeAnalysis;
using MimGrains.Tables;

namespace MimGrains.Persistent;

/// <summary>
/// A persistent table without transactions (dirty): reads are answered from the copy of this silo, without a message,
/// an await or a
/// lock; writes go to the one silo that keeps the record's fragment. Transactions take the table's
/// <see cref="Definition"/>: see <see cref="ITransactions"/>.
/// </summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record; treated as immutable once it was given to the table.</typeparam>
/// <remarks>
/// <para>A read sees what this silo has applied: of a committed transaction nothing, all of it, or, for a moment, what
/// it wrote in one
/// fragment and not yet what it wrote in another.</para>
/// <para>Reads that return at once throw <see cref="PersistentTableUnavailableException"/> while the table is not
/// loaded on this silo,
/// and <see cref="InvalidOperationException"/> when its storage is <see cref="StorageType.DiscOnly"/>: <see
/// cref="ReadAsync"/>,
/// <see cref="ReadAllAsync"/> and <see cref="ITransactions.AsyncDirtyAsync"/> read such tables. All members may be
/// called from any
/// thread.</para>
/// </remarks>
public partial interface IPersistentTable<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    /// <summary>Returns the name of the table; unique in the cluster.</summary>
    string Name { get; }

    /// <summary>Returns the definition, which stands for the table in transactions.</summary>
    PersistentTableDefinition<TKey, TRecord> Definition { get; }

    /// <summary>Returns how many records the copy of this silo holds; in a bag more than there are keys.</summary>
    long Count { get; }

    /// <summary>Reads the record of a key.</summary>
    /// <exception cref="InvalidOperationException">The table is a bag: use <see cref="GetAll"/>.</exception>
    /// <remarks>Allocates nothing and takes no lock.</remarks>
    bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record);

    /// <summary>Returns the records of a key; at most one if the table is no bag.</summary>
    IReadOnlyList<TRecord> GetAll(TKey key);

    /// <summary>Returns the records with a value of an index, ascending by key.</summary>
    /// <exception cref="ArgumentException">The table does not have this index.</exception>
    IReadOnlyList<TableEntry<TKey, TRecord>> Lookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull;

    /// <summary>Returns how many records have a value of an index.</summary>
    /// <exception cref="ArgumentException">The table does not have this index.</exception>
    long CountLookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull;

    /// <summary>
    /// Enumerates the records of a range as they are at the call, however long the enumeration takes. Select:
    /// <c>Range(range).Where(...)</c>.
    /// </summary>
    IEnumerable<TableEntry<TKey, TRecord>> Range(KeyRange<TKey> range = default);

    /// <summary>Returns a page of the records of a range that match.</summary>
    /// <param name="range">The range; the same for every page of a scan.</param>
    /// <param name="limit">The most records to return; at least 1.</param>
    /// <param name="continuation">What the page before said; null for the first page.</param>
    /// <param name="where">What matches; null for all.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is less than 1.</exception>
    /// <exception cref="ArgumentException">
    /// The continuation comes from another table or range, or is none at all.
    /// </exception>
    /// <remarks>Each page is of one moment; pages are separate reads, also on different silos.</remarks>
    TablePage<TKey, TRecord> RangePage(
        KeyRange<TKey> range, int limit, string? continuation = null, Func<TableEntry<TKey, TRecord>, bool>? where = null);

    /// <summary>Enumerates all keys as they are at the call, ascending, each once.</summary>
    IEnumerable<TKey> Keys();

    /// <summary>Returns the entry with the least key; null if there is none. Of a bag: one of its entries.</summary>
    TableEntry<TKey, TRecord>? First();

    /// <summary>Returns the entry with the greatest key; null if there is none. Of a bag: one of its entries.</summary>
    TableEntry<TKey, TRecord>? Last();

    /// <summary>
    /// Returns the entry with the least key above another one, which need not be there; null if there is none.
    /// </summary>
    TableEntry<TKey, TRecord>? Next(TKey key);

    /// <summary>
    /// Returns the entry with the greatest key below another one, which need not be there; null if there is none.
    /// </summary>
    TableEntry<TKey, TRecord>? Previous(TKey key);

    /// <summary>Returns the record of a key, with any storage; null if there is none.</summary>
    /// <exception cref="InvalidOperationException">The table is a bag: use <see cref="ReadAllAsync"/>.</exception>
    ValueTask<TRecord?> ReadAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>Returns the records of a key, with any storage.</summary>
    ValueTask<IReadOnlyList<TRecord>> ReadAllAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Completes when this silo can read the table: see also <see cref="IPersistentTables.WaitForTablesAsync"/>.
    /// </summary>
    Task WaitForLoadedAsync(CancellationToken cancellationToken = default);
}
