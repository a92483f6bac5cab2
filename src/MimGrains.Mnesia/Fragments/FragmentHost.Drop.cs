using MimGrains.Persistent;

namespace MimGrains.Mnesia.Fragments;

// cleared before -> nobody waits for a decision -> retired -> its rows are removed
internal sealed partial class FragmentHost
{
    private static readonly TimeSpan QuietTimeout = TimeSpan.FromSeconds(10);

    private bool _isDropping;

    // Of whoever waits for the engine to come to rest: completes when it has taken another step.
    private TaskCompletionSource? _stepped;

    /// <summary>Ends this activation, and removes what is stored of it: its table is deleted.</summary>
    /// <exception cref="PersistentTableUnavailableException">Transactions go on: nothing is ended.</exception>
    /// <exception cref="Storage.LogUnavailableException">The database is away. Open it again, and drop that.</exception>
    public async Task DropAsync()
    {
        using var late = new CancellationTokenSource(QuietTimeout, time);
        Task? removed;
        while ((removed = TryRetire(out var stepped)) is null)
        {
            try
            {
                await stepped.WaitAsync(late.Token);
            }
            catch (OperationCanceledException)
            {
                throw new PersistentTableUnavailableException(
                    id.Table, $"transactions of fragment {id.Index} have not ended within {QuietTimeout.TotalSeconds:0} s");
            }
        }

        await removed;
    }

    // Null while other fragments may wait for a decision of this one, or this one for theirs: nobody could answer any more.
    private Task? TryRetire(out Task stepped)
    {
        lock (_gate)
        {
            if (_engine.IsServing && (_engine.IsAppending || _engine.InDoubt().Count > 0 || _engine.Unresolved().Count > 0))
            {
                stepped = (_stepped ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                return null;
            }

            stepped = Task.CompletedTask;
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
