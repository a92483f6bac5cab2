using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Operation;

namespace MimGrains.Cets.Metrics;

/// <summary>Asks the silos for their tables every now and then, for the gauges, while somebody listens to them.</summary>
internal sealed partial class MetricsProbe(
    IClusterOperator cluster,
    CetsMetrics metrics,
    IOptions<ReplicationOptions> options,
    TimeProvider time,
    ILogger<MetricsProbe> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // Behind the joins of the tables.
    private const int Stage = ServiceLifecycleStage.Active + 200;

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(MetricsProbe),
        Stage,
        _ =>
        {
            _running = Task.Run(RunAsync, _stopping.Token);
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
        using var timer = new PeriodicTimer(options.Value.ProbePeriod, time);
        do
        {
            if (metrics.IsProbeWanted)
            {
                await ProbeAsync();
            }
        }
        while (await timer.WaitForNextTickAsync(_stopping.Token));
    }

    private async Task ProbeAsync()
    {
        try
        {
            metrics.Set(await cluster.SystemInfoAsync(_stopping.Token));
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            metrics.Set(null);
            LogFailed(_logger, exception.Message);
        }
    }

    [LoggerMessage(CetsEventId.ProbeFailed, LogLevel.Warning, "The tables of the cluster are not measured until the next turn: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
