using MimGrains.Cets.Replicas;
using MimGrains.Core.Identity;
using MimGrains.Core.Pausing;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

// A pause is a lease: the silo where it was called tells all its pauses of a table again and again; who hears nothing lifts them.
internal abstract partial class TableHost
{
    private static readonly TimeSpan PauseLease = TimeSpan.FromSeconds(10);

    private readonly PauseLeases<TablePause> _pauses = new();
    private volatile TaskCompletionSource? _resumed;

    /// <summary>Whether writers wait. Does not become true while the table's lock is held.</summary>
    public bool IsPaused => _resumed is not null;

    /// <summary>The pauses, oldest first.</summary>
    public IReadOnlyList<TablePause> Pauses
    {
        get
        {
            lock (_pauses)
            {
                return [.. _pauses.All.OrderBy(pause => pause.Since)];
            }
        }
    }

    /// <summary>The pauses that were called on this silo, with the version of the list.</summary>
    public TablePauses OwnPauses
    {
        get
        {
            lock (_pauses)
            {
                var (version, pauses) = _pauses.Of(replica.Self);
                return new TablePauses(version, [.. pauses]);
            }
        }
    }

    /// <summary>These are all pauses that a silo has called.</summary>
    /// <returns>Whether they are others than before.</returns>
    public bool SetPauses(ReplicaId silo, TablePauses told)
    {
        lock (_pauses)
        {
            var isChanged = _pauses.Take(silo, told.Version, told.Pauses, time.GetTimestamp());
            ShowPauses();
            return isChanged;
        }
    }

    /// <summary>The pauses of a silo that is dead, or does not hold the table any more, are lifted.</summary>
    public void EndPauses(ReplicaId silo, bool isDead)
    {
        lock (_pauses)
        {
            _pauses.End(silo, isDead);
            ShowPauses();
        }
    }

    /// <summary>Lifts the pauses of silos that have not told them again in time, other than this one.</summary>
    /// <returns>Those silos.</returns>
    public IReadOnlyList<ReplicaId> LapsePauses()
    {
        lock (_pauses)
        {
            var lease = (long)(PauseLease.TotalSeconds * time.TimestampFrequency);
            var lapsed = _pauses.Lapse(replica.Self, time.GetTimestamp() - lease);
            ShowPauses();
            return lapsed;
        }
    }

    /// <summary>Completes when writers need not wait any more.</summary>
    /// <exception cref="TableUnavailableException">They have waited as long as a write may; names who has paused.</exception>
    protected async Task WaitUntilResumed(CancellationToken cancellationToken)
    {
        if (_resumed is not { } resumed)
        {
            return;
        }

        try
        {
            await resumed.Task.WaitAsync(options.WriteTimeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            var pauses = Pauses.Select(pause => $"{pause.Who} on {pause.Silo} since {pause.Since:u}");
            throw new TableUnavailableException(
                Name, $"writers have waited {options.WriteTimeout.TotalMilliseconds:0} ms; it is paused by {string.Join(", ", pauses)}");
        }
    }

    private void ShowPauses()
    {
        if (_pauses.IsPaused == IsPaused)
        {
            return;
        }

        TaskCompletionSource? lifted;
        lock (Gate)
        {
            lifted = _resumed;
            _resumed = lifted is null ? new(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        }

        lifted?.TrySetResult();
    }
}
