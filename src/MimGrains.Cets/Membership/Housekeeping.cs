using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Cets.Operation;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;

namespace MimGrains.Cets.Membership;

/// <summary>What is done every heartbeat: clocks told, expired records deleted, tombstones forgotten, late writes failed, levelling tried again.</summary>
internal sealed partial class Housekeeping(
    TableCatalog catalog,
    ReplicationCarrier carrier,
    Levelling levelling,
    PauseKeeper pauses,
    IEnumerable<ITableObserver> observers,
    IOptions<ReplicationOptions> options,
    TimeProvider time,
    ILogger<Housekeeping> logger)
{
    // The lock of a table is given back after so many tombstones.
    private const int PurgePerTurn = 1_024;

    private readonly ILogger _logger = logger;
    private readonly HashSet<TableHost> _overloaded = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.Value.HeartbeatPeriod, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await TickAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private void TellOverload(TableHost table)
    {
        var bytes = table.Replica.LogSizeBytes;
        if (bytes <= options.Value.LogMaxBytes)
        {
            _overloaded.Remove(table);
        }
        else if (_overloaded.Add(table))
        {
            foreach (var observer in observers)
            {
                observer.OnOverload(table.Name, bytes);
            }
        }
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        try
        {
            carrier.Heartbeat();
            pauses.Renew();
            foreach (var table in catalog.Hosts)
            {
                while (table.Locked(replica => replica.PurgeTombstones(PurgePerTurn)) == PurgePerTurn)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }

                TellOverload(table);
                if (table.ExpireRecords())
                {
                    carrier.Signal();
                }

                foreach (var silo in table.LapsePauses())
                {
                    LogPausesLapsed(_logger, table.Name, silo.Value);
                }

                table.StopIdleRecording();
                var (groups, missing) = table.ExpireWrites();
                if (groups > 0)
                {
                    LogTimedOut(_logger, table.Name, groups, string.Join(", ", missing), options.Value.WriteTimeout.TotalMilliseconds);
                }
            }

            await levelling.RunOnceAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogFailed(_logger, exception);
        }
    }

    [LoggerMessage(CetsEventId.WritesTimedOut, LogLevel.Warning,
        "Table {Table}: {Groups} groups of writes not acknowledged by {Missing} within {TimeoutMs} ms")]
    private static partial void LogTimedOut(ILogger logger, string table, int groups, string missing, double timeoutMs);

    [LoggerMessage(CetsEventId.PausesLapsed, LogLevel.Warning,
        "Table {Table}: nothing was heard of the pauses of {Silo} for some time: they are lifted")]
    private static partial void LogPausesLapsed(ILogger logger, string table, string silo);

    [LoggerMessage(CetsEventId.HousekeepingFailed, LogLevel.Error, "Housekeeping of replicated tables failed; tried again at the next heartbeat")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
