using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cets.Tables;
using MimGrains.Mnesia.Tables.Keys;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>What a silo knows of a persistent table, without the types of its keys and records.</summary>
internal abstract class TableParts(PersistentTableDefinition definition)
{
    private ReplicatedTable<string, TableStorage>? _storages;

    public PersistentTableDefinition Definition => definition;

    /// <summary>Whether the table can be read on this silo.</summary>
    public TableLoad Load { get; } = new(definition);

    /// <summary>
    /// The replicated table that holds the copies. If the storage is on disc only it is empty, and is there all the same: silos
    /// whose definitions differ cannot join it, and the storage may be changed.
    /// </summary>
    public abstract TableDefinition CopyDefinition { get; }

    /// <summary>What must be the same for stored fragments to be read as they were written; one line.</summary>
    public abstract string StoredForm { get; }

    /// <summary>Returns this silo's copy, whether it is complete or not.</summary>
    /// <param name="catalog">Holds the replicated table.</param>
    public abstract ITableCopy CopyIn(TableCatalog catalog);

    /// <summary>Returns where the records are read now, which changes while the cluster runs.</summary>
    public StorageType StorageIn(TableCatalog catalog)
    {
        // Kept, as every read asks.
        _storages ??= TableStorages.In(catalog);
        return _storages is not null && _storages.TryGet(Definition.Name, out var known) ? known.Readable : Definition.Storage;
    }

    /// <summary>Completes when the replicated table that holds the copies has joined that of the other silos.</summary>
    /// <exception cref="TableUnavailableException">
    /// The table was removed, the silo is stopping, or another one defines the table differently.
    /// </exception>
    public Task WaitForReadyAsync(TableCatalog catalog, CancellationToken cancellationToken) =>
        (catalog.Find(CopyDefinition.Name) ?? throw new TableUnavailableException(Definition.Name, "it was removed"))
        .Ready.WaitAsync(cancellationToken);

    /// <summary>Adds the replicated table that holds the copies to this silo while it runs.</summary>
    public abstract Task AddCopyAsync(ITableOperator tables, CancellationToken cancellationToken);

    /// <summary>Adds an index by a property to this silo's copy.</summary>
    /// <exception cref="ArgumentException">
    /// There is no such property, or the copy has an index of that name.
    /// </exception>
    public abstract Task AddIndexAsync(TableCatalog catalog, string property, CancellationToken cancellationToken);

    /// <summary>Drops an index from this silo's copy. Returns whether there was one.</summary>
    public abstract bool DropIndex(TableCatalog catalog, string property);

    /// <summary>Returns what the definition wants done when a silo is dead; null for nothing.</summary>
    public abstract Func<IServiceProvider, string, CancellationToken, Task>? OnNodeDown { get; }
}

/// <inheritdoc/>
internal sealed class TableParts<TKey, TRecord> : TableParts
    where TKey : notnull
    where TRecord : class
{
    private readonly BagRows<TKey, TRecord>? _rows;
    private volatile TableCopy<TKey, TRecord>? _copy;

    /// <exception cref="TableDefinitionException">Keys or records cannot be written as bytes.</exception>
    public TableParts(PersistentTableDefinition<TKey, TRecord> definition, IServiceProvider services)
        : base(definition)
    {
        Definition = definition;
        Bytes = new TableBytes<TKey, TRecord>(definition, services);
        _rows = definition.Type == PersistentTableType.Bag ? new BagRows<TKey, TRecord>(definition, Bytes) : null;
        CopyDefinition = _rows is null ? SetCopy<TKey, TRecord>.Define(definition, Bytes) : _rows.Table;
    }

    public new PersistentTableDefinition<TKey, TRecord> Definition { get; }

    public TableBytes<TKey, TRecord> Bytes { get; }

    public override TableDefinition CopyDefinition { get; }

    public override string StoredForm =>
        $"{(Definition.Type == PersistentTableType.Bag ? "bag" : "set")}, fragments {Definition.Fragments}, " +
        $"keys {KeyCodecs.Of(Definition).Name}";

    public override Func<IServiceProvider, string, CancellationToken, Task>? OnNodeDown => Definition.OnNodeDown is { } handler
        ? (services, dead, cancellationToken) => handler(
            new PersistentNodeDownEvent<TKey, TRecord>(
                services.GetRequiredService<IPersistentTables>().Get<TKey, TRecord>(Definition.Name),
                services.GetRequiredService<ITransactions>(),
                dead,
                services),
            cancellationToken)
        : null;

    public override ITableCopy CopyIn(TableCatalog catalog) => _copy ?? MakeCopy(catalog);

    public override Task AddCopyAsync(ITableOperator tables, CancellationToken cancellationToken) =>
        _rows is not null
            ? tables.AddAsync(_rows.Table, cancellationToken)
            : tables.AddAsync((TableDefinition<TKey, TRecord>)CopyDefinition, cancellationToken);

    public override Task AddIndexAsync(TableCatalog catalog, string property, CancellationToken cancellationToken) =>
        CopyOrThrow(catalog).AddIndexAsync(PropertyIndexes.Of<TKey, TRecord>(property), cancellationToken);

    /// <summary>Returns the index of that name: one of the definition, or one by a property.</summary>
    /// <exception cref="ArgumentException">There is none with values of this type.</exception>
    public TableIndex<TKey, TRecord, TIndex> IndexOf<TIndex>(string name)
        where TIndex : notnull => Definition.Indexes.FirstOrDefault(index => index.Name == name) is { } declared
            ? declared as TableIndex<TKey, TRecord, TIndex> ?? throw new ArgumentException(
                $"Persistent table {Definition.Name}: index {name} has no values of type {typeof(TIndex)}.", nameof(name))
            : TableIndex.OfProperty<TKey, TRecord, TIndex>(name);

    public override bool DropIndex(TableCatalog catalog, string property) => CopyOrThrow(catalog).DropIndex(property);

    /// <summary>Returns this silo's copy to read from; null while the storage is on disc only. Ask again for each read.</summary>
    public TableCopy<TKey, TRecord>? ReadableCopyIn(TableCatalog catalog) =>
        StorageIn(catalog) == StorageType.DiscOnly ? null : (TableCopy<TKey, TRecord>)CopyIn(catalog);

    // One for all: it knows the indexes that are added.
    private TableCopy<TKey, TRecord> MakeCopy(TableCatalog catalog)
    {
        TableCopy<TKey, TRecord> copy = _rows is null
            ? new SetCopy<TKey, TRecord>(Definition, Bytes, (ReplicatedTable<TKey, TRecord>)catalog.Find(CopyDefinition.Name)!)
            : new BagCopy<TKey, TRecord>(_rows, Bytes, (ReplicatedTable<BagKey<TKey>, TRecord>)catalog.Find(CopyDefinition.Name)!);
        return Interlocked.CompareExchange(ref _copy, copy, null) ?? copy;
    }

    private TableCopy<TKey, TRecord> CopyOrThrow(TableCatalog catalog) => ReadableCopyIn(catalog) ?? throw new InvalidOperationException(
        $"Persistent table {Definition.Name} is on disc only: indexes need copies in memory.");
}
