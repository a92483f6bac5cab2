using MimGrains.Cets.Replicas;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;
using MimGrains.Operation;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

internal abstract partial class TableHost
{
    private bool _isJoinBegun;

    /// <summary>Returns the state of the table on this silo.</summary>
    public TableInfo Info() => Locked(table => new TableInfo
    {
        Name = Name,
        Silo = table.Self.Value,
        Definition = Description,
        IsReady = table.IsReady,
        Records = table.Count,
        MemoryBytes = 0,
        Tombstones = table.TombstoneCount,
        OtherSilos = [.. table.Peers.Select(peer => peer.Value)],
        PendingWrites = table.LastSequence - table.CompletedThrough,
        LogBytes = table.LogSizeBytes,
        WriteConcern = definition.WriteConcern,
        Pauses = [],
        NodeDownHistory = [],
        Faults = faults.Count,
        LastFault = faults.Last,
        Leader = table.Leader?.Value,
    }) with
    {
        MemoryBytes = EstimateMemory(),
        Pauses = Pauses,
        NodeDownHistory = NodeDownHistory,
    };

    /// <summary>Returns what of this silo's writes some other silo has not applied yet.</summary>
    public (long Writes, long Bytes) Lag() => Locked(table => (table.LastSequence - table.CompletedThrough, table.LogSizeBytes));

    /// <summary>Returns how many writes wait for the delivery to another silo that is under way.</summary>
    public long UnsentOf(ReplicaId peer) => Locked(table => table.UnsentOf(peer));

    /// <summary>Returns which other silos hold the table.</summary>
    public WireHeldTable Held() => new(Name, Locked(table => table.Peers.Select(peer => peer.Value).ToArray()));

    /// <summary>Lists the records, then tells the changes, as text.</summary>
    public abstract IAsyncEnumerable<TableChangeText> WatchTextAsync(CancellationToken cancellationToken);

    /// <summary>Completes when every other silo has applied all that was written here before.</summary>
    /// <exception cref="WriteNotAcknowledgedException">Not in time.</exception>
    public Task Barrier()
    {
        lock (Gate)
        {
            return replica.CompletedThrough >= replica.LastSequence
                ? Task.CompletedTask
                : Commits.Enlist(replica.LastSequence, NowMs()).Task;
        }
    }

    /// <summary>Returns the encoded records of this moment. A body is valid until the next one is asked for.</summary>
    public abstract IEnumerable<ReadOnlyMemory<byte>> CaptureEncoded();

    /// <summary>Returns about how much memory the records take.</summary>
    public abstract long EstimateMemory();

    /// <summary>Deletes what belongs to this silo.</summary>
    public abstract void DeleteOwned();

    /// <summary>Takes writes again after <see cref="Close"/>, of a table that was ready.</summary>
    public void Reopen()
    {
        lock (Gate)
        {
            replica.Return();
        }

        _closedReason = null;
    }

    /// <summary>Goes on where an earlier table of this name on this silo has ended.</summary>
    public void StartAfter(ReplicaNumbers earlier, long attempt)
    {
        lock (Gate)
        {
            replica.StartAfter(earlier);
            JoinPlan.StartAfter(attempt);
        }
    }

    /// <summary>Returns whether the caller is the one that joins the table.</summary>
    public bool TryBeginJoin() => Interlocked.Exchange(ref _isJoinBegun, true) is false;
}
