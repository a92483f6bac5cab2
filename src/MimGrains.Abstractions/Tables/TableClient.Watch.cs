using System.Runtime.CompilerServices;

namespace MimGrains.Tables;

// begin -> next, next... -> (silo lost) begin at another one after the last event -> next...
internal sealed partial class TableClient<TKey, TRecord>
{
    private const int MaxBegins = 50;
    private static readonly TimeSpan BeginPause = TimeSpan.FromMilliseconds(200);

    public async IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        KeyRange<TKey> range = default,
        WatchToken? from = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var hasListed = false;
        TableEvent<TKey, TRecord>? last = null;
        while (true)
        {
            var watch = await BeginAsync(range, last?.Token ?? from, cancellationToken);
            try
            {
                while (await NextAsync(watch, cancellationToken) is { } events)
                {
                    foreach (var change in events)
                    {
                        hasListed |= change.Kind == TableEventKind.Listed;
                        last = change.Position is null ? last : change;
                        yield return change;
                    }
                }
            }
            finally
            {
                // Not waited for: a silo that is gone has forgotten it, and one that is not does so by itself in a while.
                _table.EndWatchAsync(watch).AsTask().Ignore();
            }

            if (hasListed && last is null)
            {
                throw new SnapshotRequiredException(name, "the silo was lost before all records were listed");
            }
        }
    }

    private async Task<Guid> BeginAsync(KeyRange<TKey> range, WatchToken? from, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await _table.BeginWatchAsync(range, from).AsTask().WaitAsync(cancellationToken);
            }
            catch (Exception exception) when (IsSiloLost(exception) && attempt < MaxBegins)
            {
                await Task.Delay(BeginPause, cancellationToken);
            }
        }
    }

    // Null: the silo is lost, or does not know the watch, as the client has another gateway now.
    private async Task<TableEvent<TKey, TRecord>[]?> NextAsync(Guid watch, CancellationToken cancellationToken)
    {
        try
        {
            return await _table.NextEventsAsync(watch).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (IsSiloLost(exception))
        {
            return null;
        }
    }

    private static bool IsSiloLost(Exception exception) => exception is OrleansException or TimeoutException or TableUnavailableException;
}
