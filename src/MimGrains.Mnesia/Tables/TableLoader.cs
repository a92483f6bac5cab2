using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using MimGrains.Cets.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

// The silo is active -> the copy has joined -> every fragment has an owner, which has put what is stored into the copies -> loaded.
/// <summary>
/// Loads the persistent tables of this silo when it starts, and tries again as long as that does not succeed.
/// </summary>
internal sealed partial class TableLoader(
    TableRegistry registry,
    TableCatalog catalog,
    IFragmentLoader fragments,
    SystemEvents events,
    TimeProvider time,
    ILogger<TableLoader> logger)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // Behind the replicated tables, which join a little after Active.
    private const int Stage = ServiceLifecycleStage.Active + 200;

    private static readonly TimeSpan RetryMost = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<TableParts, Task> _running = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Begins to load a table that was added while the silo runs.</summary>
    public void Begin(TableParts parts) => _running.TryAdd(parts, Task.Run(() => LoadAsync(parts)));

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(nameof(TableLoader), Stage, StartAsync, StopAsync);

    public void Dispose() => _stopping.Dispose();

    private Task StartAsync(CancellationToken cancellationToken)
    {
        // The silo starts without them: a database that is away must not keep it from everything else.
        foreach (var parts in registry.All)
        {
            Begin(parts);
        }

        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_running.Values).WaitAsync(cancellationToken);
    }

    private async Task LoadAsync(TableParts parts)
    {
        var load = parts.Load;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await parts.WaitForReadyAsync(catalog, _stopping.Token);
                await fragments.LoadAsync(parts.Definition, _stopping.Token);
                load.Complete();
                events.Tell(SystemEventKind.TableLoaded, parts.Definition.Name);
                LogLoaded(_logger, parts.Definition.Name);
                return;
            }
            catch (Exception exception) when (_stopping.IsCancellationRequested || exception is TableUnavailableException)
            {
                load.Fail(exception.Message, exception);
                return;
            }
            catch (TableDefinitionMismatchException exception)
            {
                load.Fail(exception);
                LogFailed(_logger, parts.Definition.Name, exception);
                return;
            }
            catch (Exception exception)
            {
                load.Problem = exception.Message;
                LogRetried(_logger, parts.Definition.Name, exception.Message);
            }

            if (!await TryPauseAsync(TimeSpan.FromMilliseconds(Math.Min(RetryMost.TotalMilliseconds, 100 << Math.Min(attempt, 6)))))
            {
                load.Fail("the silo is stopping");
                return;
            }
        }
    }

    private async Task<bool> TryPauseAsync(TimeSpan pause)
    {
        await Task.Delay(pause, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_stopping.IsCancellationRequested;
    }

    [LoggerMessage(TablesEventId.TableLoaded, LogLevel.Information, "Persistent table {Table}: loaded")]
    private static partial void LogLoaded(ILogger logger, string table);

    [LoggerMessage(TablesEventId.TableNotLoaded, LogLevel.Warning, "Persistent table {Table}: cannot be loaded yet, tried again: {Reason}")]
    private static partial void LogRetried(ILogger logger, string table, string reason);

    [LoggerMessage(TablesEventId.TableRefused, LogLevel.Error, "Persistent table {Table}: not on this silo")]
    private static partial void LogFailed(ILogger logger, string table, Exception reason);
}
