namespace MimGrains.Tables;

internal sealed partial class TableClient<TKey, TRecord>
{
    public IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        KeyRange<TKey> range = default, WatchToken? from = null, CancellationToken cancellationToken = default) =>
        new ClientWatch<TKey, TRecord>(
            name, token => _table.BeginWatchAsync(range, token), _table.NextEventsAsync, _table.EndWatchAsync)
            .RunAsync(from, cancellationToken);
}
