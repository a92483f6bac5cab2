using MimGrains.Persistent;

namespace MimGrains.Mnesia.Fragments;

// cleared before -> nobody waits for a decision -> retired -> its rows are removed
internal sealed partial class FragmentHost
{
    private static readonly TimeSpan QuietTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan QuietPause = TimeSpan.FromMilliseconds(20);

    private bool _isDropping;

    /// <summary>Ends this activation, and removes what is stored of it: its table is deleted.</summary>
    /// <exception cref="PersistentTableUnavailableException">Transactions go on: nothing is ended.</exception>
    /// <exception cref="Storage.LogUnavailableException">The database is away. Open it again, and drop that.</exception>
    public async Task DropAsync()
    {
        var started = time.GetTimestamp();
        Task? removed;
        while ((removed = TryRetire()) is null)
        {
            if (time.GetElapsedTime(started) > QuietTimeout)
            {
                throw new PersistentTableUnavailableException(
                    id.Table, $"transactions of fragment {id.Index} have not ended within {QuietTimeout.TotalSeconds:0} s");
            }

            await Task.Delay(QuietPause, time);
        }

        await removed;
    }

    // Null while other fragments may wait for a decision of this one, or this one for theirs: nobody could answer any more.
    private Task? TryRetire()
    {
        lock (_gate)
        {
            if (_engine.IsServing && (_engine.IsAppending || _engine.InDoubt().Count > 0 || _engine.Unresolved().Count > 0))
            {
                return null;
            }

            _isDropping = true;
            var removed = RemoveAsync(_compaction);
            _compaction = Quietly(removed);
            _engine.Retire("its table is deleted");
            Drain_NeedsGate();
            return removed;
        }
    }

    private async Task RemoveAsync(Task compaction)
    {
        await Task.Yield();
        await _stopped.Task;
        await compaction;
        await LastApplied();
        await log.DeleteAsync(CancellationToken.None);
    }

    private static async Task Quietly(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
