using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;

namespace MimGrains.Persistent;

/// <summary>
/// A persistent table of an Orleans client. Registered by <see
/// cref="PersistentTableClientExtensions.AddPersistentTableClient"/>.
/// </summary>
internal sealed class PersistentTableClient<TKey, TRecord>(string name, IGrainFactory grains) : IPersistentTableClient<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    // One key: Orleans clients choose the gateway by the grain, so that one read after the other never goes back in time.
    private readonly IPersistentTableGrain<TKey, TRecord> _table = grains.GetGrain<IPersistentTableGrain<TKey, TRecord>>(name);

    public string Name => name;

    public Task<TRecord?> GetAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _table.GetAsync(key).AsTask().WaitAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<TRecord>> GetAllAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return [.. (await GetManyAsync([key], cancellationToken)).Select(entry => entry.Record)];
    }

    public async Task<IReadOnlyList<TableEntry<TKey, TRecord>>> GetManyAsync(
        IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keys.Count, TableClientLimits.KeysPerCall);
        return await _table.GetManyAsync([.. keys]).AsTask().WaitAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<TableEntry<TKey, TRecord>>> LookupAsync<TIndex>(
        TableIndex<TKey, TRecord, TIndex> index, TIndex value, CancellationToken cancellationToken = default)
        where TIndex : notnull
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(value);
        return await _table.LookupAsync(index.Name, value).AsTask().WaitAsync(cancellationToken);
    }

    public Task<TablePage<TKey, TRecord>> GetPageAsync(
        KeyRange<TKey> range, int limit, string? continuation = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, TableClientLimits.PageRecords);
        return _table.GetPageAsync(range, limit, continuation).AsTask().WaitAsync(cancellationToken);
    }

    public Task<long> CountAsync(CancellationToken cancellationToken = default) =>
        _table.CountAsync().AsTask().WaitAsync(cancellationToken);

    public IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        KeyRange<TKey> range = default, WatchToken? from = null, CancellationToken cancellationToken = default) =>
        new ClientWatch<TKey, TRecord>(
            name, token => _table.BeginWatchAsync(range, token), _table.NextEventsAsync, _table.EndWatchAsync)
            .RunAsync(from, cancellationToken);
}

/// <summary>Registers persistent tables of Orleans clients.</summary>
public static class PersistentTableClientExtensions
{
    /// <summary>
    /// Adds <see cref="IPersistentTableClient{TKey,TRecord}"/> to an Orleans client, with the table's name as its key
    /// (<c>[FromKeyedServices("name")]</c>). The silos must have the table, with the same types.
    /// </summary>
    /// <param name="services">The services of the client.</param>
    /// <param name="name">The name of the table.</param>
    public static IServiceCollection AddPersistentTableClient<TKey, TRecord>(this IServiceCollection services, string name)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return services.AddKeyedSingleton<IPersistentTableClient<TKey, TRecord>>(
            name, (provider, _) => new PersistentTableClient<TKey, TRecord>(name, provider.GetRequiredService<IGrainFactory>()));
    }
}
