using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Sessions;

namespace MimGrains.Backends;

/// <summary>
/// Forgets what was handled of ended streams where the table does not do so by itself. Every silo looks, and deletes what it has
/// itself seen for the whole lifetime: no clock is compared with that of another silo, and none has to live on for it.
/// </summary>
internal sealed partial class StaleCollector(
    [FromKeyedServices(StreamManagementBackend.StaleName)] IBackendStore<string, StaleStream> stale,
    StaleStreamOptions options,
    TimeProvider time,
    ILogger<StaleCollector> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // Behind the tables, which join at Active + 100.
    private const int Stage = ServiceLifecycleStage.Active + 200;

    // A timer cannot wait for as long as the option may say.
    private static readonly TimeSpan LookAfterMost = TimeSpan.FromDays(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger = logger;
    private Dictionary<string, (StaleStream Record, long Since)> _seen = new(StringComparer.Ordinal);
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(StaleCollector),
        Stage,
        _ =>
        {
            _running = Task.Run(RunAsync, CancellationToken.None);
            return Task.CompletedTask;
        },
        async cancellationToken =>
        {
            await _stopping.CancelAsync();
            await _running.WaitAsync(cancellationToken);
        });

    public void Dispose() => _stopping.Dispose();

    /// <summary>Looks once, and deletes what is old enough.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        var seen = new Dictionary<string, (StaleStream Record, long Since)>(StringComparer.Ordinal);
        foreach (var (smid, record) in stale.All())
        {
            var since = _seen.TryGetValue(smid, out var before) && before.Record == record ? before.Since : now;
            seen[smid] = (record, since);
        }

        _seen = seen;
        foreach (var (smid, (record, since)) in seen)
        {
            if (time.GetElapsedTime(since, now).TotalMilliseconds >= record.LifetimeMs)
            {
                await stale.CompareAndDeleteAsync(smid, record, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task RunAsync()
    {
        var period = options.LookAfter < LookAfterMost ? options.LookAfter : LookAfterMost;
        using var timer = new PeriodicTimer(period, time);
        try
        {
            await stale.WaitForReadyAsync(_stopping.Token).ConfigureAwait(false);
            do
            {
                try
                {
                    await LookAsync(_stopping.Token).ConfigureAwait(false);
                }
                catch (Exception error) when (!_stopping.IsCancellationRequested)
                {
                    LogNotForgotten(_logger, error.Message, period.TotalSeconds);
                }
            }
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false));
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            // The silo stops: the others go on.
        }
    }

    [LoggerMessage(SessionEventId.StaleNotForgotten, LogLevel.Warning,
        "What was handled of ended streams cannot be forgotten now: {Problem}; tried again in {Seconds} s")]
    private static partial void LogNotForgotten(ILogger logger, string problem, double seconds);
}
