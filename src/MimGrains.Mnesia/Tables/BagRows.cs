using System.Collections.Concurrent;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>How a bag is kept in a replicated table: a row for each record.</summary>
internal sealed class BagRows<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly ConcurrentDictionary<TableIndex<TKey, TRecord>, TableIndex<BagKey<TKey>, TRecord>> _indexes = new();

    public BagRows(PersistentTableDefinition<TKey, TRecord> definition, TableBytes<TKey, TRecord> bytes)
    {
        Of = definition;
        Codec = new BagBytes<TKey, TRecord>(bytes);
        Table = new TableDefinition<BagKey<TKey>, TRecord>(CopyNames.Prefix + definition.Name)
        {
            Order = new BagOrder<TKey>(definition.Order),
            Codec = Codec,
            NodeDown = NodeDownRule.Keep,
            KeepsChanges = definition.KeepsChanges,
        }.WithPrefixIndex(row => new BagPrefix<TKey>(row.Key, definition.Order)).WithIndex(ByRecord);
        foreach (var index in definition.Indexes)
        {
            Table.WithIndex(Add(index));
        }
    }

    /// <summary>The definition of the bag.</summary>
    public PersistentTableDefinition<TKey, TRecord> Of { get; }

    /// <summary>Writes the rows.</summary>
    public BagBytes<TKey, TRecord> Codec { get; }

    /// <summary>The definition of the replicated table.</summary>
    public TableDefinition<BagKey<TKey>, TRecord> Table { get; }

    /// <summary>
    /// Finds the rows that may have a record: equal records may have different bytes, and so different rows.
    /// </summary>
    public TableIndex<BagKey<TKey>, TRecord, (TKey Key, int RecordHash)> ByRecord { get; } =
        new("mnesia$record", static (row, record) => (row.Key, record.GetHashCode()));

    /// <summary>Returns the index of the rows that stands for one of the bag.</summary>
    /// <exception cref="ArgumentException">The bag does not have it.</exception>
    public TableIndex<BagKey<TKey>, TRecord, TIndex> IndexOf<TIndex>(TableIndex<TKey, TRecord, TIndex> index)
        where TIndex : notnull
    {
        ArgumentNullException.ThrowIfNull(index);
        return _indexes.TryGetValue(index, out var rows) ? (TableIndex<BagKey<TKey>, TRecord, TIndex>)rows : throw new ArgumentException(
            $"Persistent table {Of.Name} does not have this index {index.Name}; it has: [{string.Join(", ", Of.IndexNames)}].",
            nameof(index));
    }

    /// <summary>Returns the index of the rows that stands for a new one of the bag.</summary>
    public TableIndex<BagKey<TKey>, TRecord> Add(TableIndex<TKey, TRecord> index) =>
        _indexes.GetOrAdd(index, static added => added.Accept(new RowIndexes()));

    private sealed class RowIndexes : ITableIndexVisitor<TKey, TRecord, TableIndex<BagKey<TKey>, TRecord>>
    {
        public TableIndex<BagKey<TKey>, TRecord> Visit<TIndex>(TableIndex<TKey, TRecord, TIndex> index)
            where TIndex : notnull =>
            new TableIndex<BagKey<TKey>, TRecord, TIndex>(index.Name, (row, record) => index.ValueOf(row.Key, record), index.Equality);
    }
}
