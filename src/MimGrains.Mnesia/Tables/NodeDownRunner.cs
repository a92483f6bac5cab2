using Microsoft.Extensions.Logging;
using MimGrains.Cets.Membership;
using MimGrains.Core.Identity;

namespace MimGrains.Mnesia.Tables;

/// <summary>
/// Calls the node-down handlers of persistent tables on the live silo with the least address. Any silo may become that
/// one: it then
/// calls them for all deaths that it has seen, as it does not know how far the silo before has come.
/// </summary>
internal sealed partial class NodeDownRunner(
    TableRegistry registry,
    LiveSilos silos,
    ILocalSiloDetails self,
    TimeProvider time,
    IServiceProvider services,
    ILogger<NodeDownRunner> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // With the loading of the tables: handlers wait until theirs can be read.
    private const int Stage = ServiceLifecycleStage.Active + 200;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    // What the dead silo had asked other silos to write is written by then, or never.
    private static readonly TimeSpan SecondCallAfter = TimeSpan.FromSeconds(30);

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<string> _due = [];
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(NodeDownRunner),
        Stage,
        cancellationToken =>
        {
            _running = Task.Run(RunAsync, cancellationToken);
            return Task.CompletedTask;
        },
        async cancellationToken =>
        {
            await _stopping.CancelAsync();
            await _running.WaitAsync(cancellationToken);
        });

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync()
    {
        List<Task> seconds = [];
        try
        {
            await foreach (var gone in silos.GoneAsync(_stopping.Token))
            {
                _due.Add(gone.Value);
                var least = new ReplicaId(self.SiloAddress.ToParsableString());
                if (silos.Others().All(other => other.CompareTo(least) > 0))
                {
                    foreach (var dead in _due)
                    {
                        await CallAsync(dead);
                        seconds.RemoveAll(second => second.IsCompleted);
                        seconds.Add(CallAgainAsync(dead));
                    }

                    _due.Clear();
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The silo stops.
        }

        await Task.WhenAll(seconds).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task CallAgainAsync(string dead)
    {
        await Task.Delay(SecondCallAfter, time, _stopping.Token);
        await CallAsync(dead);
    }

    private async Task CallAsync(string dead)
    {
        foreach (var (name, handler) in registry.All.Where(parts => parts.OnNodeDown is not null)
            .Select(parts => (parts.Definition.Name, parts.OnNodeDown!)))
        {
            while (!await TryCallAsync(name, handler, dead))
            {
                await Task.Delay(RetryPause, time, _stopping.Token);
            }
        }
    }

    private async Task<bool> TryCallAsync(
        string table, Func<IServiceProvider, string, CancellationToken, Task> handler, string dead)
    {
        try
        {
            await registry.Get(table).Load.Loaded.WaitAsync(_stopping.Token);
            await handler(services, dead, _stopping.Token);
            LogDone(_logger, table, dead);
            return true;
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            LogFailed(_logger, exception, table, dead);
            return false;
        }
    }

    [LoggerMessage(TablesEventId.NodeDownHandled, LogLevel.Information,
        "Persistent table {Table}: its node-down handler has ended for the dead {Silo}")]
    private static partial void LogDone(ILogger logger, string table, string silo);

    [LoggerMessage(TablesEventId.NodeDownHandlerFailed, LogLevel.Error,
        "Persistent table {Table}: its node-down handler failed for the dead {Silo}; it is called again")]
    private static partial void LogFailed(ILogger logger, Exception exception, string table, string silo);
}
