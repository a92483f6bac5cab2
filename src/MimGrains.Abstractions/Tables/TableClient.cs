using Microsoft.Extensions.DependencyInjection;

namespace MimGrains.Tables;

/// <summary>A table of an Orleans client. Registered by <see cref="TableClientServiceCollectionExtensions.AddTableClient"/>.</summary>
internal sealed partial class TableClient<TKey, TRecord>(string name, IGrainFactory grains) : ITableClient<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    // One key: Orleans clients choose the gateway by the grain, so that one read after the other never goes back in time.
    private readonly ITableGrain<TKey, TRecord> _table = grains.GetGrain<ITableGrain<TKey, TRecord>>(name);

    public string Name => name;

    public Task<TRecord?> GetAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Cancellable(_table.GetAsync(key), cancellationToken);
    }

    public async Task<IReadOnlyList<TableEntry<TKey, TRecord>>> GetManyAsync(
        IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default) =>
        await Cancellable(_table.GetManyAsync(Keys(keys)), cancellationToken);

    public Task<TablePage<TKey, TRecord>> GetPageAsync(
        KeyRange<TKey> range, int limit, string? continuation = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, TableClientLimits.PageRecords);
        return Cancellable(_table.GetPageAsync(range, limit, continuation), cancellationToken);
    }

    public Task<long> CountAsync(CancellationToken cancellationToken = default) =>
        Cancellable(_table.CountAsync(), cancellationToken);

    public Task<WriteToken> InsertAsync(TKey key, TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(record);
        return _table.InsertAsync([new(key, record)], cancellationToken).AsTask();
    }

    public Task<WriteToken> InsertManyAsync(
        IReadOnlyCollection<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken = default)
    {
        var array = ToArray(entries, nameof(entries));
        var missing = Array.FindIndex(array, entry => entry.Key is null || entry.Record is null);
        return missing < 0
            ? _table.InsertAsync(array, cancellationToken).AsTask()
            : throw new ArgumentException($"Table {name}: entry {missing} of {array.Length} has no key or no record.", nameof(entries));
    }

    public Task<bool> InsertNewAsync(TKey key, TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(record);
        return _table.InsertNewAsync(key, record, cancellationToken).AsTask();
    }

    public Task<WriteToken> DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _table.DeleteAsync([key], cancellationToken).AsTask();
    }

    public Task<WriteToken> DeleteManyAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default) =>
        _table.DeleteAsync(Keys(keys), cancellationToken).AsTask();

    public Task ReadAfterAsync(WriteToken token, CancellationToken cancellationToken = default) =>
        _table.ReadAfterAsync(token, cancellationToken).AsTask();

    private TKey[] Keys(IReadOnlyCollection<TKey> keys)
    {
        var array = ToArray(keys, nameof(keys));
        var missing = Array.FindIndex(array, key => key is null);
        return missing < 0 ? array : throw new ArgumentException($"Table {name}: key {missing} of {array.Length} is null.", nameof(keys));
    }

    private T[] ToArray<T>(IReadOnlyCollection<T> items, string parameter)
    {
        ArgumentNullException.ThrowIfNull(items, parameter);
        return items.Count <= TableClientLimits.KeysPerCall
            ? items as T[] ?? [.. items]
            : throw new ArgumentException(
                $"Table {name}: one call takes {TableClientLimits.KeysPerCall} keys at most, but there are {items.Count}.", parameter);
    }

    // A read is quick on the silo: cancelling it only ends the wait here, and needs no message.
    private static Task<T> Cancellable<T>(ValueTask<T> call, CancellationToken cancellationToken) =>
        call.AsTask().WaitAsync(cancellationToken);
}

/// <summary>Registers table clients.</summary>
public static class TableClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ITableClient{TKey,TRecord}"/> to an Orleans client, with the table's name as its key
    /// (<c>[FromKeyedServices("name")]</c>). The silos must have the table, with the same types.
    /// </summary>
    /// <param name="services">The services of the client.</param>
    /// <param name="name">The name of the table.</param>
    public static IServiceCollection AddTableClient<TKey, TRecord>(this IServiceCollection services, string name)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return services.AddKeyedSingleton<ITableClient<TKey, TRecord>>(
            name, (provider, _) => new TableClient<TKey, TRecord>(name, provider.GetRequiredService<IGrainFactory>()));
    }
}
