using Microsoft.Extensions.Logging;
using MimGrains.Cets.Membership;
using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Fragments;

// The silo stops -> the others place no fragment here any more -> each fragment here retires -> another silo has opened it
// -> the replicated tables close.
/// <summary>Hands the fragments of a silo that stops over to the others, while everything that they write to still works.</summary>
internal sealed partial class FragmentHandOver(
    FragmentRegistry registry,
    FragmentCaller caller,
    FragmentServiceClient services,
    LeavingSilos leaving,
    LiveSilos silos,
    ILocalSiloDetails self,
    TimeProvider time,
    ILogger<FragmentHandOver> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    // Before the replicated tables, which close at Active + 100, and behind whatever of this silo writes to persistent ones.
    private const int Stage = ServiceLifecycleStage.Active + 120;

    // What is not handed over then is taken by the others when this silo is gone, as that of one that dies.
    private static readonly TimeSpan HandOverTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan TellTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AgainPause = TimeSpan.FromMilliseconds(20);

    private readonly ILogger _logger = logger;

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(FragmentHandOver), Stage, _ => Task.CompletedTask, StopAsync);

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return;
        }

        var started = time.GetTimestamp();
        using var late = new CancellationTokenSource(HandOverTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        leaving.Add(self.SiloAddress);
        await Task.WhenAll(silos.Others().Select(other => TellAsync(other, limit.Token)));
        var fragments = registry.Close();
        var left = (await Task.WhenAll(fragments.Select(entry => TryHandOverAsync(entry, limit.Token)))).OfType<string>().ToList();
        if (left.Count > 0)
        {
            LogLeft(_logger, left.Count, fragments.Count, string.Join(", ", left.Take(10)));
        }
        else
        {
            LogHandedOver(_logger, fragments.Count, time.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    private async Task TellAsync(ReplicaId other, CancellationToken cancellationToken)
    {
        try
        {
            await services.Of(other).Leave(self.SiloAddress).WaitAsync(TellTimeout, time, cancellationToken);
        }
        catch (Exception exception)
        {
            // It may place a fragment here, which is refused, until membership says that this silo stops.
            LogNotTold(_logger, other, exception.Message);
        }
    }

    // Returns the fragment and the reason if nobody else has it in time.
    private async Task<string?> TryHandOverAsync(FragmentEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            await entry.RetireAsync().WaitAsync(cancellationToken);
            await entry.Ended.WaitAsync(cancellationToken);
            while (HasHeirs() && !await TryOpenElsewhereAsync(entry.Id, cancellationToken))
            {
                await Task.Delay(AgainPause, time, cancellationToken);
            }

            return null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return $"{entry.Id} (no time left)";
        }
        catch (Exception exception)
        {
            return $"{entry.Id} ({exception.Message})";
        }
    }

    // The next owner asks this silo whether it has retired, and the tables must take the owner's name: both still work.
    private async Task<bool> TryOpenElsewhereAsync(FragmentId fragment, CancellationToken cancellationToken)
    {
        try
        {
            await caller.LoadAsync(fragment, cancellationToken);
            return true;
        }
        catch (NoSuchTableException)
        {
            return true; // Deleted meanwhile.
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotOpened(_logger, fragment, exception.Message);
            return false;
        }
    }

    private bool HasHeirs() => silos.Others().Any(other => !leaving.Contains(SiloAddress.FromParsableString(other.Value)));

    [LoggerMessage(FragmentEventId.HandedOver, LogLevel.Information, "{Count} fragments handed over in {ElapsedMs:0} ms: the silo is stopping")]
    private static partial void LogHandedOver(ILogger logger, int count, double elapsedMs);

    [LoggerMessage(FragmentEventId.NotHandedOver, LogLevel.Warning,
        "The silo stops although {Left} of its {Count} fragments are not on another silo yet: {Fragments}")]
    private static partial void LogLeft(ILogger logger, int left, int count, string fragments);

    [LoggerMessage(FragmentEventId.NotTold, LogLevel.Debug, "Silo {Other} could not be told that this one is stopping: {Reason}")]
    private static partial void LogNotTold(ILogger logger, ReplicaId other, string reason);

    [LoggerMessage(FragmentEventId.NotOpenedElsewhere, LogLevel.Debug,
        "Fragment {Fragment}: not opened on another silo yet, tried again: {Reason}")]
    private static partial void LogNotOpened(ILogger logger, FragmentId fragment, string reason);
}
