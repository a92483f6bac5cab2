namespace MimGrains.Cets.Tables;

/// <summary>
/// The writes that wait for acknowledgements, grouped as they travel: all writes gathered for one batch share one task.
/// Needs the table's lock for every call.
/// </summary>
internal sealed class CommitQueue
{
    private readonly Queue<CommitGroup> _groups = new();
    private CommitGroup? _open;

    /// <summary>The group that has waited longest; null if none waits.</summary>
    public CommitGroup? Oldest => _groups.TryPeek(out var group) ? group : null;

    /// <summary>Adds a write to the group that is gathering.</summary>
    public CommitGroup Enlist(long sequence, long nowMs)
    {
        if (_open is null)
        {
            _open = new CommitGroup(nowMs);
            _groups.Enqueue(_open);
        }

        _open.LastSequence = sequence;
        return _open;
    }

    /// <summary>A batch was handed out: later writes form a new group.</summary>
    public void Seal() => _open = null;

    /// <summary>Takes out the next group that is done, to be completed without the lock.</summary>
    public CommitGroup? TakeCompleted(long completedThrough)
    {
        if (!_groups.TryPeek(out var group) || group.LastSequence > completedThrough)
        {
            return null;
        }

        return Take();
    }

    /// <summary>Takes out the next group that began before <paramref name="deadlineMs"/>.</summary>
    public CommitGroup? TakeExpired(long deadlineMs) =>
        _groups.TryPeek(out var group) && group.StartedMs < deadlineMs ? Take() : null;

    private CommitGroup Take()
    {
        var group = _groups.Dequeue();
        if (ReferenceEquals(group, _open))
        {
            _open = null;
        }

        return group;
    }
}

/// <summary>Writes that are acknowledged together.</summary>
internal sealed class CommitGroup(long startedMs)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long StartedMs => startedMs;

    public long LastSequence { get; set; }

    public Task Task => _done.Task;

    public void Complete() => _done.TrySetResult();

    public void Fail(Exception exception)
    {
        _done.TrySetException(exception);

        // Where a write does not wait for all silos, nobody may look.
        _ = _done.Task.Exception;
    }
}
