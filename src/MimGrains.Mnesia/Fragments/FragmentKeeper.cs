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
    private HashSet<ReplicaId> _gone = [];
    private long _lookedAt;
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
            foreach (var host in registry.Hosts)
            {
                host.OnDead(dead);
            }
        }
    }

    private async Task KeepAsync()
    {
        _lookedAt = time.GetTimestamp();
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(_stopping.Token))
        {
            await Task.WhenAll(registry.Hosts.Select(KeepAsync));
            if (time.GetElapsedTime(_lookedAt) > OutcomesKept)
            {
                _lookedAt = time.GetTimestamp();
                ForgetGone();
            }
        }
    }

    private async Task KeepAsync(FragmentHost host)
    {
        try
        {
            host.Expire();
            await host.SettleAsync(caller);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Done again in a moment; the fragment goes on.
            LogNotKept(_logger, host.Id.ToString(), exception.Message);
        }
    }

    // Those that were gone the last time as well, also in an earlier life of the cluster.
    private void ForgetGone()
    {
        HashSet<ReplicaId> live = [.. silos.Others(), new ReplicaId(caller.Self)];
        HashSet<ReplicaId> gone = [];
        foreach (var host in registry.Hosts)
        {
            foreach (var coordinator in host.Coordinators().Where(coordinator => !live.Contains(coordinator)))
            {
                gone.Add(coordinator);
                if (_gone.Contains(coordinator))
                {
                    host.Forget(coordinator);
                }
            }
        }

        _gone = gone;
    }

    [LoggerMessage(FragmentEventId.NotKept, LogLevel.Warning, "Fragment {Fragment}: background work failed, done again: {Reason}")]
    private static partial void LogNotKept(ILogger logger, string fragment, string reason);
}
