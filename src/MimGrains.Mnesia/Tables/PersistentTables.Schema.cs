using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tables;

internal sealed partial class PersistentTables
{
    public async Task<IPersistentTable<TKey, TRecord>> CreateAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> definition, CancellationToken cancellationToken = default)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(definition);
        definition.Validate();
        if (registry.Find(definition.Name) is { } there && changes.Find(definition.Name) is null)
        {
            // Registered on the silos: there is nothing to tell them.
            string[] known = [there.Definition.Describe(), there.Definition.Declared.Describe()];
            return known.Contains(definition.Describe())
                ? Get<TKey, TRecord>(definition.Name)
                : throw new ArgumentException(
                    $"This silo has {there.Definition.Describe()}, which is not {definition.Describe()}.", nameof(definition));
        }

        var entry = SchemaEntry.Of(definition);

        // What this silo cannot make is refused here, and not by every silo.
        registry.Make(definition);
        await changes.AddAsync(entry, cancellationToken);
        var table = Get<TKey, TRecord>(definition.Name);
        await table.WaitForLoadedAsync(cancellationToken);
        return table;
    }

    public async Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        var parts = registry.Get(name);
        var entry = changes.Find(name) ?? throw new InvalidOperationException(
            $"Persistent table {name} is registered on the silos and would be there again at their next start: " +
            "only tables that were created while they run can be deleted.");
        RequireUnchanging(name);
        await _fragments.Value.DropAsync(parts.Definition, cancellationToken);
        await changes.RemoveAsync(entry, cancellationToken);
        await storages.ForgetAsync(name, cancellationToken);
    }

    public Task AddIndexAsync(string table, string property, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(property);
        var parts = registry.Get(table);
        if (parts.Definition.RecordType.GetProperty(property)?.GetMethod is not { IsPublic: true, IsStatic: false })
        {
            throw new ArgumentException($"{parts.Definition.RecordType} has no public property {property}.", nameof(property));
        }

        if (parts.Definition.IndexNames.Contains(property))
        {
            throw new ArgumentException($"Persistent table {table} has an index {property} by its definition.", nameof(property));
        }

        RequireUnchanging(table);
        if (parts.StorageIn(catalog) == StorageType.DiscOnly)
        {
            throw new InvalidOperationException($"Persistent table {table} is on disc only: indexes need copies in memory.");
        }

        return changes.AddAsync(new SchemaEntry { Table = table, Index = property }, cancellationToken);
    }

    public Task ChangeStorageAsync(
        string table,
        StorageType storage,
        IProgress<StorageChangeProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        _storageChanger.Value.ChangeAsync(table, storage, progress, cancellationToken);

    public Task DropIndexAsync(string table, string property, CancellationToken cancellationToken = default)
    {
        var parts = registry.Get(table);
        var entry = changes.Find($"{table}/{property}");
        if (entry is null && parts.Definition.IndexNames.Contains(property))
        {
            throw new InvalidOperationException(
                $"Index {property} of persistent table {table} belongs to its definition: it cannot be dropped.");
        }

        return entry is null ? Task.CompletedTask : changes.RemoveAsync(entry, cancellationToken);
    }

    private void RequireUnchanging(string table)
    {
        if (storages.Find(table)?.Change is { } change)
        {
            throw new PersistentTableUnavailableException(table, $"its storage is being changed to {change.To} by {change.Coordinator}");
        }
    }
}
