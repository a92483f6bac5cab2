using System.Collections.Concurrent;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Tests.Storage;

/// <summary>Rows in memory.</summary>
internal sealed class MemoryRows : IRowStore
{
    private readonly ConcurrentDictionary<string, StoredRow> _rows = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>The keys of all rows.</summary>
    public IEnumerable<string> Keys => _rows.Keys;

    public Task<StoredRow?> ReadAsync(string key, CancellationToken cancellationToken) =>
        Task.FromResult(_rows.TryGetValue(key, out var row) ? row : (StoredRow?)null);

    public Task WriteAsync(string key, ReadOnlyMemory<byte> content, int expectedVersion, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var version = _rows.TryGetValue(key, out var row) ? row.Version : 0;
            if (version != expectedVersion)
            {
                return Task.FromException(new RowConflictException($"{key} has version {version}, not {expectedVersion}"));
            }

            _rows[key] = new StoredRow(content.ToArray(), version + 1);
            return Task.CompletedTask;
        }
    }

    public Task<bool> DeleteAsync(string key, int likelyVersion, CancellationToken cancellationToken) =>
        Task.FromResult(_rows.TryRemove(key, out _));
}
