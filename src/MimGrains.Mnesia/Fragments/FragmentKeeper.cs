using Microsoft.Extensions.Logging;
using MimGrains.Cets.Membership;
using MimGrains.Core.Identity;

namespace MimGrains.Mnesia.Fragments;

/// <summary>Does for the fragments of this silo what is due now and then, and tells them of silos that die.</summary>
internal sealed partial class FragmentKeeper(
    FragmentRegistry registry, FragmentCaller caller, LiveSilos silos, TimeProvider time, ILogger<FragmentKeeper> logger)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    // Whoever asks for an outcome later than that is told that nobody knows.
    private static readonly TimeSpan OutcomesKept = TimeSpan.FromMinutes(10);

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Queue<(ReplicaId Silo, DateTimeOffset Since)> _dead = new();
    private readonly Lock _gate = new();
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(FragmentKeeper), ServiceLifecycleStage.Active, StartAsync, StopAsync);

    public void Dispose() => _stopping.Dispose();

    private Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll(Task.Run(WatchAsync, cancellationToken), Task.Run(KeepAsync, cancellationToken));
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WatchAsync()
    {
        await foreach (var dead in silos.GoneAsync(_stopping.Token))
        {
            lock (_gate)
            {
                _dead.Enqueue((dead, time.GetUtcNow()));
            }

            foreach (var host in registry.Hosts)
            {
                host.OnDead(dead);
            }
        }
    }

    private async Task KeepAsync()
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(_stopping.Token))
        {
            await Task.WhenAll(registry.Hosts.Select(KeepAsync));
            while (TakeForgotten() is { } dead)
            {
                foreach (var host in registry.Hosts)
                {
                    host.Forget(dead);
                }
            }
        }
    }

    private async Task KeepAsync(FragmentHost host)
    {
        try
        {
            host.Expire();
            await host.SettleAsync(caller);
            await host.CompactAsync(_stopping.Token);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Done again in a moment; the fragment goes on.
            LogNotKept(_logger, host.Id.ToString(), exception.Message);
        }
    }

    private ReplicaId? TakeForgotten()
    {
        lock (_gate)
        {
            return _dead.TryPeek(out var oldest) && oldest.Since + OutcomesKept < time.GetUtcNow() ? _dead.Dequeue().Silo : null;
        }
    }

    [LoggerMessage(FragmentEventId.NotKept, LogLevel.Warning, "Fragment {Fragment}: background work failed, done again: {Reason}")]
    private static partial void LogNotKept(ILogger logger, string fragment, string reason);
}
