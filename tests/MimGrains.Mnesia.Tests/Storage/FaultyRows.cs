using System.Collections.Concurrent;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Tests.Storage;

/// <summary>What a call of the store does.</summary>
internal enum RowCall
{
    Read,
    Write,
    Delete,
}

/// <summary>A store of rows with faults, which knows what rows there are. Every test writes through it only.</summary>
internal sealed class FaultyRows(IRowStore inner) : IRowStore
{
    private readonly ConcurrentDictionary<string, bool> _keys = new(StringComparer.Ordinal);
    private int _calls;

    /// <summary>Called before each call takes effect. It may wait, or throw: then there is no effect.</summary>
    public Func<RowCall, string, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called after each call took effect. It may wait, or throw: then the caller does not know.</summary>
    public Func<RowCall, string, Task> After { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>How many calls there were.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>The keys of all rows, without what all rows of a fragment begin with.</summary>
    public IEnumerable<string> Keys => _keys.Keys.Select(key => string.Join('/', key.Split('/').Skip(4)));

    public Task<StoredRow?> ReadAsync(string key, CancellationToken cancellationToken) =>
        CallAsync(RowCall.Read, key, () => inner.ReadAsync(key, cancellationToken));

    public Task WriteAsync(string key, ReadOnlyMemory<byte> content, int expectedVersion, CancellationToken cancellationToken) =>
        CallAsync(RowCall.Write, key, async () =>
        {
            await inner.WriteAsync(key, content, expectedVersion, cancellationToken);
            return _keys[key] = true;
        });

    public Task<bool> DeleteAsync(string key, int likelyVersion, CancellationToken cancellationToken) =>
        CallAsync(RowCall.Delete, key, async () =>
        {
            var was = await inner.DeleteAsync(key, likelyVersion, cancellationToken);
            _keys.TryRemove(key, out _);
            return was;
        });

    /// <summary>Makes no faults any more.</summary>
    public void Heal()
    {
        Before = (_, _) => Task.CompletedTask;
        After = (_, _) => Task.CompletedTask;
    }

    /// <summary>Changes a row as nobody should.</summary>
    public async Task DamageAsync(string key, Func<byte[], byte[]> damage)
    {
        var row = await inner.ReadAsync(key, CancellationToken.None) ?? throw new InvalidOperationException($"There is no row {key}.");
        await inner.WriteAsync(key, damage(row.Content.ToArray()), row.Version, CancellationToken.None);
    }

    public static RowStoreException Away(bool isSurelyNotDone) => new("the database is away (test)", isSurelyNotDone, mayPass: true);

    private async Task<T> CallAsync<T>(RowCall call, string key, Func<Task<T>> effect)
    {
        Interlocked.Increment(ref _calls);
        await Before(call, key);
        var result = await effect();
        await After(call, key);
        return result;
    }
}
