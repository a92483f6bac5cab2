using MimGrains.Core.Identity;
using MimGrains.Core.Log;
using MimGrains.Core.Store;

namespace MimGrains.Core.Replication;

/// <summary>
/// One silo's replica of a table, without its record types: who its peers are, what they have acknowledged, what it has
/// applied of whom. Message in, state changed, message out; it has no clock, sends nothing and waits for nothing.
/// </summary>
/// <remarks>
/// <para>Way of a write: <c>Insert</c> applies it here and numbers it -> <see cref="TakeBatch"/> for each peer -> there
/// <see cref="Receive"/> -> here <see cref="OnDelivered"/> -> <see cref="CompletedThrough"/> reaches its number.</para>
/// <para>Way of a joining replica: <see cref="Hello"/> at every peer and <see cref="OnHelloReply"/> here, so that all later
/// writes come -> <see cref="BeginDump"/> at one ready peer, once it has applied everything up to those hellos ->
/// <c>OnDumpHeader</c>, <c>OnDumpChunk</c>... -> ready. Writes are applied meanwhile: they commute with the dump.</para>
/// <para>Way of a death: <see cref="OnDead"/> on every survivor: nothing more of the dead one is accepted, its records go
/// (<see cref="BeginSweep"/>), and the survivors exchange what it had sent to only some of them (<see cref="Level"/>).</para>
/// <para>Invariants. (1) Of each origin all writes up to <c>Applied</c> are applied, or their effect comes with the dump that
/// is under way. (2) Of each origin the writes after <c>Stable</c> that are applied here are retained here. (3) A tombstone
/// goes only when every replica has its write and no older write of its key can come any more.</para>
/// <para>Not thread-safe: the caller holds one lock for all calls. Reads of the generic part need none.</para>
/// </remarks>
public abstract partial class TableReplica
{
    private readonly SortedList<ReplicaId, Peer> _peers = [];
    private readonly SortedList<ReplicaId, Inbound> _inbounds = [];

    // Replaced, never changed, so that they can be handed out.
    private IReadOnlyList<ReplicaId> _peerIds = [];
    private IReadOnlyList<ReplicaId> _deadIds = [];
    private IReadOnlyList<ReplicaId>? _levelledIds = [];

    private protected TableReplica(ReplicaId self)
    {
        Self = self;
        SelfNumber = Origins.NumberOf(self);
        _calls = new OperationWindow(self);
    }

    /// <summary>Returns the incarnation that this replica belongs to.</summary>
    public ReplicaId Self { get; }

    /// <summary>Returns whether the replica holds all records of the table.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Returns how many records there are. Needs no lock.</summary>
    public abstract long Count { get; }

    /// <summary>Returns how many deletes are remembered.</summary>
    public abstract int TombstoneCount { get; }

    /// <summary>Returns the other live replicas, ascending.</summary>
    public IReadOnlyList<ReplicaId> Peers => _peerIds;

    /// <summary>Returns the number of this replica's last write; 0 before the first.</summary>
    public long LastSequence => Log.LastSequence;

    /// <summary>Returns the number up to which every live peer has applied this replica's writes.</summary>
    public long CompletedThrough { get; private set; }

    /// <summary>Returns the bytes of writes that are kept for peers that have not acknowledged them.</summary>
    public long LogSizeBytes => Log.SizeBytes;

    /// <summary>Returns the last time of the hybrid clock: that of the last own write, right after it.</summary>
    internal long LastMicros => Clock.LastMicros;

    private protected HybridClock Clock { get; } = new();

    private protected OriginTable Origins { get; } = new();

    private protected OutboundLog Log { get; } = new();

    private protected int SelfNumber { get; }

    /// <summary>Returns the live peers that have not acknowledged this write.</summary>
    public IReadOnlyList<ReplicaId> MissingAcks(long sequence) =>
        [.. _peers.Values.Where(peer => peer.Acked < sequence).Select(peer => peer.Id)];

    /// <summary>Returns how far an origin's writes are applied here; 0 when it is not known.</summary>
    public long AppliedOf(ReplicaId origin) =>
        origin == Self ? LastSequence : _inbounds.TryGetValue(origin, out var inbound) ? inbound.Applied : 0;

    /// <summary>Returns the last own write that a peer has acknowledged, or null if it is no peer.</summary>
    public long? AckedBy(ReplicaId peer) => _peers.TryGetValue(peer, out var state) ? state.Acked : null;

    /// <summary>Returns all incarnations that are declared dead, ascending.</summary>
    public IReadOnlyList<ReplicaId> DeadReplicas => _deadIds;

    /// <summary>Returns whether an incarnation is declared dead.</summary>
    public bool IsDead(ReplicaId id) => _inbounds.TryGetValue(id, out var inbound) && inbound.IsDead;

    /// <summary>Returns whether there are writes that were not handed out for a peer.</summary>
    public bool HasUnsent(ReplicaId peer) => UnsentOf(peer) > 0;

    /// <summary>Returns how many writes wait to be handed out for a peer.</summary>
    public long UnsentOf(ReplicaId peer) => _peers.TryGetValue(peer, out var state) ? LastSequence - state.Sent : 0;

    /// <summary>
    /// Returns how many received writes met another one of their key that their silo had not seen: those that lost to it; in a table
    /// that merges, those that stand beside it. Only ever grows; counted from when this replica is ready.
    /// </summary>
    /// <remarks>
    /// In a table that does not merge, an upper bound: a write that arrives after one of another silo which knew it counts too, as
    /// neither says what its silo had seen.
    /// </remarks>
    public long Conflicts { get; private protected set; }

    /// <summary>Hands out the next writes for a peer; null if there are none, or it is no peer.</summary>
    /// <param name="peer">For whom.</param>
    /// <param name="maxBytes">The batch is not larger, unless one write alone is.</param>
    public OperationBatch? TakeBatch(ReplicaId peer, int maxBytes)
    {
        if (!_peers.TryGetValue(peer, out var state) || state.Sent >= LastSequence)
        {
            return null;
        }

        var (segments, count, lastTimeMicros) = Log.ReadAfter(state.Sent, maxBytes);
        var first = state.Sent + 1;
        state.Sent += count;
        // Behind the last write nothing is on its way, so that the whole clock can be promised.
        return MakeBatch(first, count, state.Sent == LastSequence ? Clock.LastMicros : lastTimeMicros, segments);
    }

    /// <summary>Hands out a batch without writes, which tells a peer that is up to date how far the clock is.</summary>
    public OperationBatch? TakeHeartbeat(ReplicaId peer, long nowMicros)
    {
        if (!_peers.TryGetValue(peer, out var state) || state.Sent < LastSequence)
        {
            return null;
        }

        Clock.Observe(nowMicros);
        return MakeBatch(state.Sent + 1, 0, Clock.LastMicros, []);
    }

    /// <summary>A peer has applied a batch that <see cref="TakeBatch"/> handed out.</summary>
    public void OnDelivered(ReplicaId peer, OperationBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (_peers.TryGetValue(peer, out var state) && batch.LastSequence > state.Acked)
        {
            state.Acked = batch.LastSequence;
            state.Sent = Math.Max(state.Sent, state.Acked);
            Complete();
        }
    }

    /// <summary>A batch did not reach a peer, or was refused: everything after its last acknowledgement is handed out again.</summary>
    public void OnDeliveryFailed(ReplicaId peer)
    {
        if (_peers.TryGetValue(peer, out var state))
        {
            state.Sent = state.Acked;
        }
    }

    /// <summary>Takes a batch of another origin: applies what is new in it.</summary>
    public ReceiveOutcome Receive(OperationBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (!_inbounds.TryGetValue(batch.Origin, out var inbound))
        {
            return ReceiveOutcome.OriginUnknown;
        }

        if (inbound.IsDead)
        {
            return ReceiveOutcome.OriginDead;
        }

        if (!IsReady && _merge == MergeState.Greeting)
        {
            return ReceiveOutcome.OriginUnknown;
        }

        if (batch.FirstSequence > inbound.Applied + 1)
        {
            return ReceiveOutcome.Gap;
        }

        if (batch.LastSequence > inbound.Applied)
        {
            if (!IsReady && _merge == MergeState.Requested)
            {
                _early.Add(batch);
            }
            else
            {
                ApplyBatch(batch, inbound.Number, WritesToApply.All(after: inbound.Applied));
            }

            inbound.Applied = batch.LastSequence;
        }

        Clock.Observe(batch.ClockMicros);
        inbound.ClockMicros = Math.Max(inbound.ClockMicros, batch.ClockMicros);
        inbound.Retain(batch);
        NoteLevelled(batch.Origin, batch.Levelled);
        NoteOpen(batch.Origin, batch.FirstOpenCall);
        return ReceiveOutcome.Applied;
    }

    /// <summary>Forgets tombstones that no write can come in the way of any more. Returns how many.</summary>
    public int PurgeTombstones(int limit)
    {
        if (!IsReady)
        {
            // The dump may hold what they hide.
            return 0;
        }

        var stableMicros = long.MaxValue;
        foreach (var inbound in _inbounds.Values)
        {
            // Writes can still come from a peer, and of a dead origin from the other survivors.
            if (_peers.ContainsKey(inbound.Id) || inbound.Levelling is { IsDone: false })
            {
                stableMicros = Math.Min(stableMicros, inbound.ClockMicros);
            }
        }

        var purged = Purge(stamp => stamp.TimeMicros <= stableMicros && EveryoneHas(stamp), limit);
        PurgedCount += purged;
        return purged;
    }

    /// <summary>Deletes, as writes of this replica, records that have expired and are this replica's to delete.</summary>
    /// <param name="nowMicros">Wall clock, microseconds since 1970-01-01 UTC.</param>
    /// <param name="limit">The most records to look at.</param>
    /// <returns>How many were looked at.</returns>
    public abstract int ExpireRecords(long nowMicros, int limit);

    private protected abstract void ApplyBatch(OperationBatch batch, int origin, in WritesToApply writes);

    private protected abstract int Purge(Func<Stamp, bool> mayForget, int limit);

    private protected abstract DumpReader CaptureDump(DumpHeader header);

    private protected long StartWrite(long nowMicros)
    {
        if (!IsReady)
        {
            throw new InvalidOperationException("A replica takes no writes before it has joined.");
        }

        return Clock.Next(nowMicros);
    }

    private protected void EndWrite()
    {
        if (_peers.Count == 0)
        {
            Complete();
        }
    }

    private bool EveryoneHas(in Stamp stamp) => EveryoneHas(Origins.IdOf(stamp.Origin), stamp.Sequence);

    private bool EveryoneHas(ReplicaId origin, long sequence)
    {
        if (origin == Self)
        {
            return sequence <= CompletedThrough;
        }

        // An origin that is not followed any more was levelled by all survivors.
        return !_inbounds.TryGetValue(origin, out var inbound)
            || sequence <= inbound.Stable
            || (inbound.IsDead && inbound.Levelling is null);
    }

    private void Complete()
    {
        if (IsDeposed)
        {
            return;
        }

        var completed = LastSequence;
        foreach (var peer in _peers.Values)
        {
            completed = Math.Min(completed, peer.Acked);
        }

        // A peer that has just said hello counts from its hello on; what was completed stays completed.
        CompletedThrough = Math.Max(CompletedThrough, completed);
        Log.TrimThrough(CompletedThrough);
    }

    private OperationBatch MakeBatch(long first, int count, long clockMicros, IReadOnlyList<ReadOnlyMemory<byte>> segments) => new()
    {
        Origin = Self,
        FirstSequence = first,
        Count = count,
        ClockMicros = clockMicros,
        StableSequence = CompletedThrough,
        FirstOpenCall = FirstOpenCall,
        Levelled = LevelledHere(),
        Segments = segments,
    };
}
