namespace MimGrains.Tables;

public sealed partial class TableDefinition<TKey, TRecord>
{
    private readonly List<TableIndex<TKey, TRecord>> _indexes = [];

    /// <summary>Returns the secondary indexes. Those of different silos may differ: an index is local.</summary>
    public IReadOnlyList<TableIndex<TKey, TRecord>> Indexes => _indexes;

    /// <summary>
    /// Declares a secondary index. Costs about 100 bytes for each record that is in it, and a little time in each write;
    /// tables without one pay nothing.
    /// </summary>
    /// <returns>This definition.</returns>
    /// <exception cref="ArgumentException">The table has an index of that name.</exception>
    public TableDefinition<TKey, TRecord> WithIndex(TableIndex<TKey, TRecord> index)
    {
        ArgumentNullException.ThrowIfNull(index);
        if (_indexes.Any(other => other.Name == index.Name))
        {
            throw new ArgumentException($"Table {Name} has an index {index.Name} already.", nameof(index));
        }

        _indexes.Add(index);
        return this;
    }
}
