using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Core.Crashes;

namespace MimGrains.Cets.Crashes;

// active silo -> a watch: dial, hold the line -> closed -> dial again: refused -> the other silos dial too -> declared dead.
/// <summary>
/// Watches every other active silo, and declares dead those whose process is gone. What is proof, and what is not, is decided by
/// <see cref="IncarnationWatch"/>.
/// </summary>
internal sealed partial class CrashWatcher(
    IClusterMembershipService membership,
    ILocalSiloDetails self,
    SiloDialer dialer,
    CrashWitnessClient witnesses,
    IOptions<CrashDetectionOptions> options,
    TimeProvider time,
    ILogger<CrashWatcher> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // The silo is a member, and its own port answers.
    private const int Stage = ServiceLifecycleStage.Active + 50;

    // The table answers in milliseconds, or it is away.
    private static readonly TimeSpan TableTimeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<SiloAddress, Watch> _watches = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly SiloDialer _dialer = dialer;
    private readonly CrashDetectionOptions _options = options.Value;
    private readonly TimeProvider _time = time;
    private readonly ILogger _logger = logger;
    private Task _following = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(CrashWatcher), Stage, StartAsync, StopAsync);

    public void Dispose() => _stopping.Dispose();

    private Task StartAsync(CancellationToken cancellationToken)
    {
        if (_options.IsEnabled)
        {
            _following = Task.Run(FollowMembershipAsync, cancellationToken);
        }
        else
        {
            LogOff(_logger);
        }

        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _following.WaitAsync(cancellationToken);
        await Task.WhenAll(_watches.Values.Select(watch => watch.EndAsync())).WaitAsync(cancellationToken);
    }

    private async Task FollowMembershipAsync()
    {
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(_stopping.Token))
            {
                foreach (var (silo, watch) in _watches)
                {
                    if (!IsActive(snapshot, silo) && _watches.TryRemove(silo, out _))
                    {
                        _ = watch.EndAsync();
                    }
                }

                foreach (var silo in Others(snapshot).Where(silo => !_watches.ContainsKey(silo)))
                {
                    _watches[silo] = new Watch(this, silo, _stopping.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private IEnumerable<SiloAddress> Others(ClusterMembershipSnapshot snapshot) =>
        from member in snapshot.Members.Values
        where member.Status == SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress)
        select member.SiloAddress;

    private static bool IsActive(ClusterMembershipSnapshot snapshot, SiloAddress silo) =>
        snapshot.GetSiloStatus(silo) == SiloStatus.Active;

    private async Task<WatchEvent> AskWitnessesAsync(SiloAddress suspect, CancellationToken cancellationToken)
    {
        var others = Others(membership.CurrentSnapshot).Where(silo => !silo.Equals(suspect)).ToList();
        if (others.Count == 0)
        {
            return WatchEvent.NoWitness;
        }

        // Those that were refused as well could only let this silo wait.
        var asked = others.Where(silo => !_watches.TryGetValue(silo, out var watch) || !watch.IsSuspected);
        await foreach (var answer in Task.WhenEach(asked.Select(silo => AskAsync(silo, suspect, cancellationToken))))
        {
            switch (await answer)
            {
                case WitnessAnswer.Gone:
                    return WatchEvent.WitnessAgrees;
                case WitnessAnswer.Alive:
                    return WatchEvent.WitnessDisagrees;
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        return WatchEvent.WitnessesSilent;
    }

    private async Task<WitnessAnswer> AskAsync(SiloAddress witness, SiloAddress suspect, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await witnesses.Of(witness).LookAt(suspect.ToParsableString())
                .WaitAsync(_options.WitnessTimeout, _time, cancellationToken);
            LogWitness(_logger, witness.ToParsableString(), suspect.ToParsableString(), answer);
            return answer;
        }
        catch (Exception exception)
        {
            LogWitnessSilent(_logger, witness.ToParsableString(), suspect.ToParsableString(), exception.Message);
            return WitnessAnswer.Unknown;
        }
    }

    // Returns when it was tried; that it is declared ends the watch.
    private async Task DeclareAsync(SiloAddress silo, CancellationToken cancellationToken)
    {
        try
        {
            // Membership would try again by itself if the table is away, but ever more seldom.
            await membership.Refresh(default, cancellationToken).AsTask().WaitAsync(TableTimeout, _time, cancellationToken);
            if (IsActive(membership.CurrentSnapshot, silo))
            {
                await membership.TryKill(silo);
            }

            await Task.Delay(_options.RedialPause, _time, cancellationToken);
            LogNotDeclared(_logger, silo.ToParsableString(), "it is not declared yet");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotDeclared(_logger, silo.ToParsableString(), exception.Message);
        }
    }

    private async Task LearnOwnDeathAsync(SiloAddress from, CancellationToken cancellationToken)
    {
        LogHeldForDead(_logger, from.ToParsableString());
        try
        {
            await membership.Refresh(default, cancellationToken).AsTask().WaitAsync(TableTimeout, _time, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogTableAway(_logger, exception.Message);
        }
    }
}
