using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Cets.Tables;

namespace MimGrains.Cets.Verify;

/// <summary>Compares the tables of all silos every now and then, and mends what differs. The least live silo does it for all.</summary>
internal sealed partial class RepairLoop(
    TableCatalog catalog,
    ReplicaComparer comparer,
    IEnumerable<ITableObserver> observers,
    IOptions<ReplicationOptions> options,
    TimeProvider time,
    ILogger<RepairLoop> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // Behind the joins of the tables.
    private const int Stage = ServiceLifecycleStage.Active + 200;
    private const int MaxNamedKeys = 10;

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(RepairLoop),
        Stage,
        _ =>
        {
            _running = options.Value.VerifyPeriod == TimeSpan.Zero ? Task.CompletedTask : Task.Run(RunAsync, _stopping.Token);
            return Task.CompletedTask;
        },
        async cancellationToken =>
        {
            await _stopping.CancelAsync();
            await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(options.Value.VerifyPeriod, time);
        while (await timer.WaitForNextTickAsync(_stopping.Token))
        {
            foreach (var table in catalog.Hosts.Where(IsTurnOfThisSilo))
            {
                await CompareAsync(table);
            }
        }
    }

    private static bool IsTurnOfThisSilo(TableHost table) => table.Locked(replica =>
        replica.IsReady && replica.Peers.Count > 0 && replica.Peers.All(peer => peer.CompareTo(replica.Self) > 0));

    private async Task CompareAsync(TableHost table)
    {
        try
        {
            var (found, silent) = await comparer.CompareAsync(table, _stopping.Token);
            if (silent.Count > 0)
            {
                LogSilent(_logger, table.Name, string.Join("; ", silent.Select(silo => $"{silo.Key}: {silo.Value}")));
            }

            if (found.DifferenceCount == 0)
            {
                return;
            }

            var keys = string.Join(", ", found.Differences.Take(MaxNamedKeys).Select(difference => table.Describe(difference.Key)));
            LogDiffer(_logger, table.Name, found.DifferenceCount, keys);
            foreach (var observer in observers)
            {
                observer.OnReplicasDiffer(table.Name, found.DifferenceCount);
            }

            var mended = await comparer.MendAsync(
                table, found.Repairs, options.Value.RepairKeysPerSecond, _stopping.Token);
            LogMended(_logger, table.Name, mended, found.Repairs.Count);
            foreach (var observer in observers)
            {
                observer.OnReplicasMended(table.Name, mended);
            }
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            LogSilent(_logger, table.Name, exception.Message);
        }
    }

    [LoggerMessage(CetsEventId.ReplicasDiffer, LogLevel.Warning,
        "Table {Table}: replicas differ in {Count} keys, which are mended now; the first are [{Keys}]")]
    private static partial void LogDiffer(ILogger logger, string table, int count, string keys);

    [LoggerMessage(CetsEventId.ReplicasMended, LogLevel.Warning,
        "Table {Table}: {Mended} records mended of {Repairs}; what is left is compared again at the next turn")]
    private static partial void LogMended(ILogger logger, string table, int mended, int repairs);

    [LoggerMessage(CetsEventId.VerifyFailed, LogLevel.Warning,
        "Table {Table}: not all replicas were compared, tried again at the next turn: {Reason}")]
    private static partial void LogSilent(ILogger logger, string table, string reason);
}
