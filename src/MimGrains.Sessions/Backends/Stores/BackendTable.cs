using Microsoft.Extensions.DependencyInjection;
using MimGrains.Configuration;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Backends;

/// <summary>A table of a backend, as a replicated table and as a persistent one in memory: the same name, keys and indexes.</summary>
/// <param name="name">Name of the table in both databases.</param>
/// <param name="ownerOf">Returns the silo that a record belongs to, with which it goes; null for a table whose records stay.</param>
/// <param name="timeToLive">When records of the replicated table expire; null for never. Persistent tables have no such thing.</param>
/// <param name="indexes">The indexes.</param>
internal sealed class BackendTable<TKey, TRecord>(
    string name,
    Func<TKey, TRecord, string>? ownerOf = null,
    Func<TKey, TRecord, TimeSpan?>? timeToLive = null,
    params IReadOnlyList<TableIndex<TKey, TRecord>> indexes)
    where TKey : notnull
    where TRecord : class
{
    private const int RecordsPerTransaction = 1_000;

    public string Name => name;

    public TableDefinition<TKey, TRecord> Replicated { get; } = indexes.Aggregate(
        ownerOf is null
            ? new TableDefinition<TKey, TRecord>(name) { NodeDown = NodeDownRule.Keep, TimeToLive = timeToLive }
            : new TableDefinition<TKey, TRecord>(name) { OwnerOf = ownerOf, TimeToLive = timeToLive },
        (definition, index) => definition.WithIndex(index));

    public PersistentTableDefinition<TKey, TRecord> Persistent { get; } = indexes.Aggregate(
        new PersistentTableDefinition<TKey, TRecord>(name)
        {
            Type = PersistentTableType.OrderedSet,
            Storage = StorageType.Ram,
            OnNodeDown = ownerOf is null ? null : (down, cancellationToken) => DeleteOwnedAsync(down, ownerOf, cancellationToken),
        },
        (definition, index) => definition.WithIndex(index));

    /// <summary>Adds the table of one database, and the store over it. Returns false if the table was added before.</summary>
    public bool AddTo(IServiceCollection services, InternalDatabase database)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => service.ImplementationInstance is { } instance
            && (ReferenceEquals(instance, Replicated) || ReferenceEquals(instance, Persistent))))
        {
            return false;
        }

        if (database == InternalDatabase.Cets)
        {
            services.AddReplicatedTable(Replicated);
            services.AddKeyedSingleton<IBackendStore<TKey, TRecord>>(name, (provider, _) =>
                new ReplicatedStore<TKey, TRecord>(provider.GetRequiredKeyedService<IReplicatedTable<TKey, TRecord>>(name)));
        }
        else
        {
            services.AddPersistentTable(Persistent);
            services.AddKeyedSingleton<IBackendStore<TKey, TRecord>>(name, (provider, _) => new PersistentStore<TKey, TRecord>(
                provider.GetRequiredKeyedService<IPersistentTable<TKey, TRecord>>(name), provider.GetRequiredService<ITransactions>()));
        }

        return true;
    }

    // Another silo may have taken the key meanwhile: what belongs to it stays.
    private static async Task DeleteOwnedAsync(
        PersistentNodeDownEvent<TKey, TRecord> down, Func<TKey, TRecord, string> ownerOf, CancellationToken cancellationToken)
    {
        var table = down.Table.Definition;
        var owned = down.Table.Range().Where(entry => ownerOf(entry.Key, entry.Record) == down.DeadSilo).Select(entry => entry.Key);
        foreach (var keys in owned.Chunk(RecordsPerTransaction))
        {
            await down.Transactions.TransactionAsync(
                async transaction =>
                {
                    foreach (var key in keys)
                    {
                        if (await transaction.ReadForWriteAsync(table, key) is { } record && ownerOf(key, record) == down.DeadSilo)
                        {
                            await transaction.DeleteAsync(table, key);
                        }
                    }
                },
                cancellationToken: cancellationToken);
        }
    }
}
