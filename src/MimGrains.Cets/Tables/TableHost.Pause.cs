using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

// A pause is a lease: the silo where it was called tells all its pauses of a table again and again; who hears nothing lifts them.
internal abstract partial class TableHost
{
    private static readonly TimeSpan PauseLease = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, (IReadOnlyList<TablePause> Pauses, long ToldAt)> _pauses = new(StringComparer.Ordinal);
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
                return [.. _pauses.Values.SelectMany(told => told.Pauses).OrderBy(pause => pause.Since)];
            }
        }
    }

    /// <summary>These are all pauses that a silo has called.</summary>
    /// <returns>Whether they are others than before.</returns>
    public bool SetPauses(string silo, IReadOnlyList<TablePause> pauses)
    {
        lock (_pauses)
        {
            var before = _pauses.TryGetValue(silo, out var told) ? told.Pauses : [];
            if (pauses.Count == 0)
            {
                _pauses.Remove(silo);
            }
            else
            {
                _pauses[silo] = (pauses, time.GetTimestamp());
            }

            ShowPauses();
            return !before.SequenceEqual(pauses);
        }
    }

    /// <summary>Lifts the pauses of silos that have not told them again in time, other than this one.</summary>
    /// <returns>Those silos.</returns>
    public IReadOnlyList<string> LapsePauses()
    {
        lock (_pauses)
        {
            var lapsed = _pauses
                .Where(told => told.Key != replica.Self.Value && time.GetElapsedTime(told.Value.ToldAt) > PauseLease)
                .Select(told => told.Key).ToList();
            foreach (var silo in lapsed)
            {
                _pauses.Remove(silo);
            }

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
        if (_pauses.Count > 0 == IsPaused)
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
