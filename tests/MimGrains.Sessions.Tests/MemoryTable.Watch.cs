using MimGrains.Tables;

namespace MimGrains.Sessions.Tests;

internal sealed partial class MemoryTable<TKey, TRecord>
{
    public WriteToken LastWrite => default;

    public IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        Func<TableEntry<TKey, TRecord>, bool>? filter = null,
        WatchToken? from = null,
        CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Nothing that is tested on this table watches it.");

    public Task ReadAfterAsync(WriteToken token, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task ReadAfterAsync(WatchToken token, CancellationToken cancellationToken = default) => Task.CompletedTask;
}
