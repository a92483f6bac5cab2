namespace MimGrains.Tables;

// Every read is of one moment of the replica of this silo, and never makes a writer wait for the reader.
public partial interface IReplicatedTable<TKey, TRecord>
{
    /// <summary>Returns the records with a value of a secondary index, ascending by key.</summary>
    /// <param name="index">Declared with <see cref="TableDefinition{TKey,TRecord}.WithIndex"/>.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The table does not declare this index.</exception>
    /// <remarks>Takes no lock; costs time in proportion to the records found.</remarks>
    IReadOnlyList<TableEntry<TKey, TRecord>> Lookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull;

    /// <summary>Returns how many records have a value of a secondary index.</summary>
    /// <exception cref="ArgumentException">The table does not declare this index.</exception>
    long CountLookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull;

    /// <summary>
    /// Enumerates the records of a range as they are at the call, however long the enumeration takes.
    /// </summary>
    /// <remarks>Costs a descent of the ordered index, and time in proportion to the records enumerated.</remarks>
    IEnumerable<TableEntry<TKey, TRecord>> Range(KeyRange<TKey> range);

    /// <summary>Returns a page of the records of a range.</summary>
    /// <param name="range">The range; the same for every page of a scan.</param>
    /// <param name="limit">The most records to return; at least 1.</param>
    /// <param name="continuation">What the page before said; null for the first page.</param>
    /// <param name="where">Which records count; null for all. What it leaves out is read all the same.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is less than 1.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="continuation"/> comes from another table or another range, or is none at all.
    /// </exception>
    /// <remarks>
    /// Each page is of one moment. Pages are separate reads: a key that is there throughout is seen exactly once, one that is
    /// written or deleted meanwhile at most once. The server keeps nothing between pages.
    /// </remarks>
    TablePage<TKey, TRecord> RangePage(
        KeyRange<TKey> range,
        int limit,
        string? continuation = null,
        Func<TableEntry<TKey, TRecord>, bool>? where = null);

    /// <summary>Enumerates the records that <paramref name="predicate"/> accepts, ascending by key, as they are at the call.</summary>
    /// <remarks>
    /// Reads the whole replica: for what no index, no prefix and no range can find. Within a range:
    /// <c>table.Range(range).Where(predicate)</c>.
    /// </remarks>
    IEnumerable<TableEntry<TKey, TRecord>> Where(Func<TableEntry<TKey, TRecord>, bool> predicate);
}
