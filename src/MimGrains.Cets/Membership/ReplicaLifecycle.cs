using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;

namespace MimGrains.Cets.Membership;

/// <summary>
/// Starts and stops the tables with the silo: joins them once the silo is active and its streams run, and takes no more
/// writes before it leaves. The start of the silo completes when all tables have joined.
/// </summary>
internal sealed partial class ReplicaLifecycle(
    TableCatalog catalog,
    LiveSilos silos,
    ReplicaServiceClient services,
    ReplicationCarrier carrier,
    Undertaker undertaker,
    Housekeeping housekeeping,
    DeathNotices deaths,
    IOptions<ReplicationOptions> options,
    ILogger<ReplicaLifecycle> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // Behind the stream agents and the grain services, which start at Active.
    private const int Stage = ServiceLifecycleStage.Active + 100;

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(ReplicaLifecycle), Stage, StartAsync, StopAsync);

    public void Dispose() => _stopping.Dispose();

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await silos.WaitUntilActiveAsync(cancellationToken);
        _running = Task.WhenAll(
            Task.Run(FollowMembershipAsync, cancellationToken),
            Task.Run(() => undertaker.RunAsync(_stopping.Token), cancellationToken),
            Task.Run(() => housekeeping.RunAsync(_stopping.Token), cancellationToken));
        await Task.WhenAll(catalog.Hosts.Where(table => table.TryBeginJoin()).Select(
            table => new TableJoiner(table, silos, services, carrier, _logger).JoinAsync(cancellationToken)));
    }

    private async Task FollowMembershipAsync()
    {
        try
        {
            await foreach (var gone in silos.AllGoneAsync(_stopping.Token))
            {
                deaths.Announce(gone);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var table in catalog.Hosts)
        {
            table.Close("the silo is stopping");
        }

        LogClosed(_logger, catalog.Hosts.Count);
        try
        {
            await Task.WhenAll(catalog.Hosts.Select(table => table.Drained()))
                .WaitAsync(options.Value.WriteTimeout, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            LogNotDrained(_logger, exception.Message);
        }

        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken);
    }

    [LoggerMessage(CetsEventId.TablesClosed, LogLevel.Information, "{Tables} tables take no more writes: the silo is stopping")]
    private static partial void LogClosed(ILogger logger, int tables);

    [LoggerMessage(CetsEventId.NotDrained, LogLevel.Warning,
        "Stopping although writes are not acknowledged by every silo: {Reason}")]
    private static partial void LogNotDrained(ILogger logger, string reason);
}
