using System.Threading.Channels;
using MimGrains.Cets.ChangeStreams;
using MimGrains.Core.Identity;
using MimGrains.Core.Log;
using MimGrains.Core.Replication;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

/// <summary>
/// A table of this silo without its record types: the replica behind its lock, and the writes that wait for acknowledgements.
/// Thread-safe.
/// </summary>
internal abstract partial class TableHost(
    TableReplica replica, TableDefinition definition, ReplicationOptions options, TimeProvider time, TableFaults faults)
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _closedReason;

    public string Name => definition.Name;

    public string Description { get; } = definition.Describe();

    public TableReplica Replica => replica;

    /// <summary>How this replica joins. Needs the table's lock, see <see cref="Locked{TResult}"/>.</summary>
    public JoinPlan JoinPlan { get; } = new(replica.Self);

    public Task Ready => _ready.Task;

    public string? ClosedReason => _closedReason;

    public bool IsRemovedWithOwner => definition.NodeDown == NodeDownRule.RemoveOwned;

    protected Lock Gate { get; } = new();

    protected CommitQueue Commits { get; } = new();

    protected ReplicationOptions Options => options;

    protected TimeProvider Time => time;

    /// <summary>Runs something that only changes or reads the replica, under its lock.</summary>
    public TResult Locked<TResult>(Func<TableReplica, TResult> action)
    {
        lock (Gate)
        {
            return action(replica);
        }
    }

    /// <inheritdoc cref="Locked{TResult}"/>
    public void Locked(Action<TableReplica> action)
    {
        lock (Gate)
        {
            action(replica);
        }
    }

    /// <summary>As <see cref="Locked{TResult}"/>, for what can complete writes: completes them afterwards, outside of the lock.</summary>
    public TResult LockedAndComplete<TResult>(Func<TableReplica, TResult> action)
    {
        TResult result;
        List<CommitGroup>? completed = null;
        List<AppliedWaiter>? reached = null;
        lock (Gate)
        {
            result = action(replica);
            CollectCompleted(ref completed);
            CollectReached(ref reached);
        }

        Complete(completed);
        Reach(reached);
        NoteChanged();
        return result;
    }

    public bool HasUnsent(ReplicaId peer)
    {
        lock (Gate)
        {
            return replica.HasUnsent(peer);
        }
    }

    public OperationBatch? TakeBatch(ReplicaId peer, int maxBytes)
    {
        lock (Gate)
        {
            var batch = replica.TakeBatch(peer, maxBytes);
            if (batch is not null)
            {
                Commits.Seal();
                _majority?.Seal();
            }

            return batch;
        }
    }

    public OperationBatch? TakeHeartbeat(ReplicaId peer)
    {
        lock (Gate)
        {
            return replica.TakeHeartbeat(peer, NowMicros());
        }
    }

    public void OnDelivered(ReplicaId peer, OperationBatch batch)
    {
        List<CommitGroup>? completed = null;
        lock (Gate)
        {
            replica.OnDelivered(peer, batch);
            CollectCompleted(ref completed);
        }

        Complete(completed);
        NoteChanged();
    }

    public void OnDeliveryFailed(ReplicaId peer)
    {
        lock (Gate)
        {
            replica.OnDeliveryFailed(peer);
        }
    }

    public ReceiveOutcome Receive(OperationBatch batch)
    {
        ReceiveOutcome outcome;
        List<AppliedWaiter>? reached = null;
        lock (Gate)
        {
            outcome = replica.Receive(batch);
            CollectReached(ref reached);
        }

        Reach(reached);
        NoteChanged();
        return outcome;
    }

    /// <summary>The replica has joined: writes are taken from now on.</summary>
    public void BecomeReady()
    {
        List<AppliedWaiter>? reached = null;
        lock (Gate)
        {
            replica.BecomeReady();
            OnReady_NeedsGate();
            CollectReached(ref reached);
        }

        _ready.TrySetResult();
        Reach(reached);
    }

    /// <summary>No write is taken any more. Those that wait go on waiting.</summary>
    public void Close(string reason)
    {
        _closedReason = reason;
        lock (Gate)
        {
            replica.Resign();
        }

        OnClosed();
        if (_ready.TrySetException(new TableUnavailableException(Name, reason)))
        {
            // Whoever waits sees it; that nobody waits is no unhandled error.
            _ = _ready.Task.Exception;
        }
    }

    /// <summary>Completes when no write waits for acknowledgements any more, whether it was acknowledged or failed.</summary>
    public async Task Drained()
    {
        while (true)
        {
            Task? oldest;
            lock (Gate)
            {
                oldest = Commits.Oldest?.Task;
            }

            if (oldest is null)
            {
                return;
            }

            await oldest.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Fails the writes that have waited too long.</summary>
    /// <returns>How many groups of writes failed, and who had not answered.</returns>
    public (int Groups, IReadOnlyList<string> MissingSilos) ExpireWrites()
    {
        var deadlineMs = NowMs() - (long)options.WriteTimeout.TotalMilliseconds;
        List<CommitGroup> expired = [];
        IReadOnlyList<string> missing;
        lock (Gate)
        {
            while (Commits.TakeExpired(deadlineMs) is { } group)
            {
                expired.Add(group);
            }

            if (expired.Count == 0)
            {
                return (0, []);
            }

            // Behind those of all silos: whoever has not got a majority has not got them all.
            while (_majority?.TakeExpired(deadlineMs) is { } group)
            {
                expired.Add(group);
            }

            missing = [.. replica.MissingAcks(expired[^1].LastSequence).Select(peer => peer.Value)];
        }

        foreach (var group in expired)
        {
            group.Fail(new WriteNotAcknowledgedException(Name, missing, options.WriteTimeout));
        }

        return (expired.Count, missing);
    }

    /// <summary>Returns an encoded key as text, for logs.</summary>
    public abstract string Describe(ReadOnlyMemory<byte> key);

    /// <summary>Takes the header of a dump.</summary>
    public abstract void OnDumpHeader(DumpHeader header);

    /// <summary>Merges a chunk of a dump.</summary>
    public abstract void OnDumpChunk(DumpChunk chunk);

    /// <summary>Keeps no more changes for watches that ended some time ago.</summary>
    public abstract void StopIdleRecording();

    /// <summary>Whether the changes are published as a stream.</summary>
    public abstract bool PublishesChanges { get; }

    /// <summary>Has a beginning marked between the changes that are published: something before may be missing, or somebody new has come.</summary>
    public abstract void MarkPublished();

    /// <summary>Marks a beginning, and then publishes every change, until it is cancelled.</summary>
    /// <exception cref="SnapshotRequiredException">The output takes less than what comes.</exception>
    /// <exception cref="TableUnavailableException">The table takes no more writes.</exception>
    public abstract Task PublishChangesAsync(
        Publication publication, ChannelWriter<IChangeBatch> output, CancellationToken cancellationToken);

    /// <summary>The replica has become ready.</summary>
    protected abstract void OnReady_NeedsGate();

    /// <summary>The table takes no more writes.</summary>
    protected abstract void OnClosed();

    protected long NowMicros() => (time.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    protected long NowMs() => time.GetTimestamp() * 1_000 / time.TimestampFrequency;

    private static void Complete(List<CommitGroup>? groups)
    {
        if (groups is null)
        {
            return;
        }

        foreach (var group in groups)
        {
            group.Complete();
        }
    }

    private void CollectCompleted(ref List<CommitGroup>? completed)
    {
        while (Commits.TakeCompleted(replica.CompletedThrough) is { } group)
        {
            (completed ??= []).Add(group);
        }

        CollectMajority(ref completed);
    }
}
