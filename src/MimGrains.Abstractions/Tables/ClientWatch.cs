using System.Runtime.CompilerServices;

namespace MimGrains.Tables;

// begin -> next, next... -> (silo lost) begin at another one after the last event -> next...
/// <summary>A watch of an Orleans client, held for it by its gateway silo.</summary>
/// <param name="name">The name of the table.</param>
/// <param name="begin">Begins the watch on the gateway silo, after a token if there is one.</param>
/// <param name="next">Returns the next events; null when the silo does not know the watch.</param>
/// <param name="end">Ends the watch.</param>
internal sealed class ClientWatch<TKey, TRecord>(
    string name,
    Func<WatchToken?, ValueTask<Guid>> begin,
    Func<Guid, Task<TableEvent<TKey, TRecord>[]?>> next,
    Func<Guid, ValueTask> end)
    where TKey : notnull
    where TRecord : class
{
    private const int MaxBegins = 50;
    private static readonly TimeSpan BeginPause = TimeSpan.FromMilliseconds(200);

    public async IAsyncEnumerable<TableEvent<TKey, TRecord>> RunAsync(
        WatchToken? from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var hasListed = false;
        TableEvent<TKey, TRecord>? last = null;
        while (true)
        {
            var watch = await BeginAsync(last?.Token ?? from, cancellationToken);
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
                end(watch).AsTask().Ignore();
            }

            if (hasListed && last is null)
            {
                throw new SnapshotRequiredException(name, "the silo was lost before all records were listed");
            }
        }
    }

    private async Task<Guid> BeginAsync(WatchToken? from, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await begin(from).AsTask().WaitAsync(cancellationToken);
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
            return await next(watch).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (IsSiloLost(exception))
        {
            return null;
        }
    }

    private static bool IsSiloLost(Exception exception) => exception is OrleansException or TimeoutException or TableUnavailableException;
}
