using Microsoft.Extensions.Options;
using MimGrains.Cets.Tables;
using MimGrains.Configuration;
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

    /// <exception cref="TableDefinitionException">A definition cannot work, or an option is of no table or breaks one.</exception>
    public TableRegistry(
        IEnumerable<PersistentTableDefinition> definitions, IOptions<MnesiaOptions> options, IServiceProvider services)
    {
        _services = services;
        var set = options.Value.Tables;
        _parts = definitions.ToDictionary(
            definition => definition.Name,
            definition => (set.TryGetValue(definition.Name, out var own) ? Change(definition, own) : definition).Accept(this),
            StringComparer.Ordinal);
        foreach (var (name, own) in set.Where(table => !_parts.ContainsKey(table.Key)))
        {
            throw new TableDefinitionException(
                name, $"this silo registers no such persistent table; it has: [{string.Join(", ", Names)}].", origin: own.Origin);
        }
    }

    public IReadOnlyList<string> Names => [.. _parts.Keys.Order(StringComparer.Ordinal)];

    /// <summary>All tables, ascending by name.</summary>
    public IReadOnlyList<TableParts> All => [.. _parts.Values.OrderBy(parts => parts.Definition.Name, StringComparer.Ordinal)];

    public IEnumerable<TableDefinition> Definitions =>
        _parts.Values.Select(parts => parts.CopyDefinition).Concat(SchemaTables.Definitions);

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

    private static PersistentTableDefinition Change(PersistentTableDefinition definition, MnesiaTableOptions options)
    {
        var changed = definition.With(options.Storage, options.Fragments);
        try
        {
            changed.Validate();
            return changed;
        }
        catch (TableDefinitionException exception) when (options.Origin is not null)
        {
            throw new TableDefinitionException(
                definition.Name, $"this cannot be set: {exception.Message}", exception, options.Origin);
        }
    }

    TableParts IPersistentTableDefinitionVisitor<TableParts>.Visit<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition) =>
        new TableParts<TKey, TRecord>(definition, _services);
}
