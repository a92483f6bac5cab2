using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Tables;

namespace MimGrains.Cets.Membership;

/// <summary>Keeps the history of deaths, and runs the handlers of tables: each for a limited time, none in the way of another table.</summary>
internal sealed partial class NodeDownHandlers(IOptions<ReplicationOptions> options, TimeProvider time, ILogger<NodeDownHandlers> logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Starts what is to be called for these deaths, and does not wait for it.</summary>
    /// <param name="table">The table.</param>
    /// <param name="deaths">What <see cref="TableHost.TakeDeaths"/> returned.</param>
    /// <param name="removed">How many records of all of them were removed.</param>
    public void Start(
        TableHost table, IReadOnlyList<(ReplicaId Dead, Func<CancellationToken, Task>? Handler)> deaths, long removed)
    {
        foreach (var (dead, handler) in deaths)
        {
            var entry = new NodeDownEntry(
                dead.Value, time.GetUtcNow(), removed, handler is null ? NodeDownOutcome.NoHandler : NodeDownOutcome.Running);
            table.Record(entry);
            if (handler is not null)
            {
                table.NodeDownHandlers = RunAfterAsync(table.NodeDownHandlers, table, entry, handler);
            }
        }
    }

    private async Task RunAfterAsync(Task before, TableHost table, NodeDownEntry entry, Func<CancellationToken, Task> handler)
    {
        await before;
        var timeout = options.Value.HandlerTimeout;
        using var stop = new CancellationTokenSource(timeout, time);
        var running = Task.Run(() => handler(stop.Token), CancellationToken.None);
        try
        {
            await running.WaitAsync(timeout, time);
            table.Record(entry with { Handler = NodeDownOutcome.Completed });
        }
        catch (Exception exception) when (running.IsCompleted)
        {
            table.Record(entry with { Handler = NodeDownOutcome.Failed });
            LogFailed(_logger, exception, table.Name, table.NodeDownHandlerName, entry.Silo);
        }
        catch (TimeoutException)
        {
            await stop.CancelAsync();
            table.Record(entry with { Handler = NodeDownOutcome.TimedOut });
            LogHangs(_logger, table.Name, table.NodeDownHandlerName, entry.Silo, timeout.TotalMilliseconds);

            // However it ends, nobody looks.
            _ = running.ContinueWith(ended => ended.Exception, TaskScheduler.Default);
        }
    }

    [LoggerMessage(CetsEventId.NodeDownHandlerFailed, LogLevel.Error,
        "Table {Table}: the node-down handler {Handler} failed for the dead {Silo}")]
    private static partial void LogFailed(ILogger logger, Exception exception, string table, string handler, string silo);

    [LoggerMessage(CetsEventId.NodeDownHandlerHangs, LogLevel.Error,
        "Table {Table}: the node-down handler {Handler} for the dead {Silo} has not ended within {TimeoutMs} ms; nobody waits for it any more")]
    private static partial void LogHangs(ILogger logger, string table, string handler, string silo, double timeoutMs);
}
