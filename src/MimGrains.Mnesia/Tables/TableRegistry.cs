using MimGrains.Cets.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>
/// The persistent tables that this silo knows, and the replicated tables that hold their copies. Thread-safe.
/// </summary>
internal sealed class TableRegistry : ITableDefinitionSource, IPersistentTableDefinitionVisitor<TableParts>
{
    private readonly IServiceProvider _services;
    private volatile IReadOnlyDictionary<string, TableParts> _parts;

    /// <exception cref="TableDefinitionException">A definition cannot work.</exception>
    public TableRegistry(IEnumerable<PersistentTableDefinition> definitions, IServiceProvider services)
    {
        _services = services;
        _parts = definitions.ToDictionary(
            definition => definition.Name, definition => definition.Accept(this), StringComparer.Ordinal);
    }

    public IReadOnlyList<string> Names => [.. _parts.Keys.Order(StringComparer.Ordinal)];

    /// <summary>All tables, ascending by name.</summary>
    public IReadOnlyList<TableParts> All => [.. _parts.Values.OrderBy(parts => parts.Definition.Name, StringComparer.Ordinal)];

    public IEnumerable<TableDefinition> Definitions =>
        _parts.Values.Select(parts => parts.CopyDefinition).OfType<TableDefinition>().Concat(SchemaTables.Definitions);

    /// <summary>Makes what is known of a table that is not among these yet.</summary>
    /// <exception cref="TableDefinitionException">The definition cannot work.</exception>
    public TableParts Make(PersistentTableDefinition definition) => definition.Accept(this);

    /// <summary>Adds a table. Not two at once.</summary>
    public void Add(TableParts parts) =>
        _parts = new Dictionary<string, TableParts>(_parts, StringComparer.Ordinal) { [parts.Definition.Name] = parts };

    /// <summary>Removes a table. Not two at once.</summary>
    public void Remove(TableParts parts) =>
        _parts = _parts.Where(other => other.Value != parts).ToDictionary(StringComparer.Ordinal);

    public TableParts? Find(string name) => _parts.GetValueOrDefault(name);

    /// <exception cref="NoSuchTableException">There is none of that name.</exception>
    public TableParts Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Find(name) ?? throw new NoSuchTableException(name, Names);
    }

    /// <exception cref="NoSuchTableException">There is none of that name.</exception>
    /// <exception cref="ArgumentException">It has other types.</exception>
    public TableParts<TKey, TRecord> Get<TKey, TRecord>(string name)
        where TKey : notnull
        where TRecord : class => Get(name) as TableParts<TKey, TRecord> ?? throw new ArgumentException(
            $"Persistent table {Get(name).Definition.Describe()} is not one of {typeof(TKey)} -> {typeof(TRecord)}.", nameof(name));

    TableParts IPersistentTableDefinitionVisitor<TableParts>.Visit<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition) =>
        new TableParts<TKey, TRecord>(definition, _services);
}
