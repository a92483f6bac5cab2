using MimGrains.Cets.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>What a silo knows of a persistent table, without the types of its keys and records.</summary>
internal abstract class TableParts(PersistentTableDefinition definition)
{
    public PersistentTableDefinition Definition => definition;

    /// <summary>The replicated table that holds the copies; null if the storage is on disc only.</summary>
    public abstract TableDefinition? CopyDefinition { get; }

    /// <summary>Returns this silo's copy; null if the storage is on disc only.</summary>
    /// <param name="catalog">Holds the replicated table.</param>
    public abstract ITableCopy? CopyIn(TableCatalog catalog);

    /// <summary>Returns what the definition wants done when a silo is dead; null for nothing.</summary>
    public abstract Func<IPersistentTables, ITransactions, string, CancellationToken, Task>? OnNodeDown { get; }
}

/// <inheritdoc/>
internal sealed class TableParts<TKey, TRecord> : TableParts
    where TKey : notnull
    where TRecord : class
{
    private readonly BagRows<TKey, TRecord>? _rows;
    private TableCopy<TKey, TRecord>? _copy;

    /// <exception cref="TableDefinitionException">Keys or records cannot be written as bytes.</exception>
    public TableParts(PersistentTableDefinition<TKey, TRecord> definition, IServiceProvider services)
        : base(definition)
    {
        Definition = definition;
        Bytes = new TableBytes<TKey, TRecord>(definition, services);
        if (definition.Storage != StorageType.DiscOnly)
        {
            _rows = definition.Type == PersistentTableType.Bag ? new BagRows<TKey, TRecord>(definition, Bytes) : null;
            CopyDefinition = _rows is null ? SetCopy<TKey, TRecord>.Define(definition, Bytes) : _rows.Table;
        }
    }

    public new PersistentTableDefinition<TKey, TRecord> Definition { get; }

    public TableBytes<TKey, TRecord> Bytes { get; }

    public override TableDefinition? CopyDefinition { get; }

    public override Func<IPersistentTables, ITransactions, string, CancellationToken, Task>? OnNodeDown => Definition.OnNodeDown is { } handler
        ? (tables, transactions, dead, cancellationToken) => handler(
            new PersistentNodeDownEvent<TKey, TRecord>(tables.Get<TKey, TRecord>(Definition.Name), transactions, dead), cancellationToken)
        : null;

    public override ITableCopy? CopyIn(TableCatalog catalog) => TypedCopyIn(catalog);

    /// <inheritdoc cref="CopyIn"/>
    public TableCopy<TKey, TRecord>? TypedCopyIn(TableCatalog catalog)
    {
        if (CopyDefinition is not { } copy)
        {
            return null;
        }

        return _copy ??= _rows is null
            ? new SetCopy<TKey, TRecord>(Definition, Bytes, (ReplicatedTable<TKey, TRecord>)catalog.Find(copy.Name)!)
            : new BagCopy<TKey, TRecord>(_rows, Bytes, (ReplicatedTable<BagKey<TKey>, TRecord>)catalog.Find(copy.Name)!);
    }
}
