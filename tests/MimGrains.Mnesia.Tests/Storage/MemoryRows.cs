using System.Collections.Concurrent;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Tests.Storage;

/// <summary>Rows in memory, with faults: for tests of what stands on them.</summary>
internal sealed class MemoryRows : IRowStore
{
    private readonly Lock _lock = new();

    /// <summary>The rows; tests may damage them.</summary>
    public ConcurrentDictionary<string, StoredRow> Rows { get; } = new(StringComparer.Ordinal);

    /// <summary>Called before each call takes effect, with the call's name and the key. It may throw.</summary>
    public Func<string, string, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called after each call took effect. It may throw: then the caller does not know.</summary>
    public Func<string, string, Task> After { get; set; } = (_, _) => Task.CompletedTask;

    public Task<StoredRow?> ReadAsync(string key, CancellationToken cancellationToken) =>
        CallAsync("read", key, () => Rows.TryGetValue(key, out var row) ? row : (StoredRow?)null);

    public Task WriteAsync(string key, ReadOnlyMemory<byte> content, int expectedVersion, CancellationToken cancellationToken) =>
        CallAsync("write", key, () =>
        {
            lock (_lock)
            {
                var version = Rows.TryGetValue(key, out var row) ? row.Version : 0;
                if (version != expectedVersion)
                {
                    throw new RowConflictException($"{key} has version {version}, not {expectedVersion}");
                }

                Rows[key] = new StoredRow(content.ToArray(), version + 1);
            }

            return true;
        });

    public Task<bool> DeleteAsync(string key, int likelyVersion, CancellationToken cancellationToken) =>
        CallAsync("delete", key, () => Rows.TryRemove(key, out _));

    private async Task<T> CallAsync<T>(string call, string key, Func<T> effect)
    {
        await Before(call, key);
        var result = effect();
        await After(call, key);
        return result;
    }
}
