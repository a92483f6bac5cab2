using MimGrains.Core.Identity;
using MimGrains.Core.Log;

namespace MimGrains.Core.Replication;

// hello to every live replica -> each sends its writes from now on -> dump of one that is ready and has applied everything
// up to those hellos -> ready.
public abstract partial class TableReplica
{
    private enum MergeState
    {
        /// <summary>Hellos are not answered yet: no writes are taken, so that no survivor can miss what this one has of a dead origin.</summary>
        Greeting,

        /// <summary>Writes are acknowledged and kept in <see cref="_early"/>: the dump's positions will tell which of them it holds.</summary>
        Requested,
        Merging,
    }

    private readonly List<OperationBatch> _early = [];
    private MergeState _merge;
    private ReplicaId _giver;

    /// <summary>Another replica says hello: it gets all later writes of this one, and counts for their acknowledgement.</summary>
    /// <param name="from">The joining replica.</param>
    /// <param name="attempt">Greater than in every hello that it sent before.</param>
    /// <param name="dead">All incarnations that the joining replica knows to be dead.</param>
    /// <param name="sequence">Its last write: greater than 0 when an earlier replica of the same silo had left.</param>
    /// <param name="pastAttempt">What <see cref="JoinPlan.OnHello"/> has returned for this hello.</param>
    /// <returns>Null if the caller is declared dead and must not join, or if a later hello of it came before.</returns>
    public HelloReply? Hello(ReplicaId from, long attempt, IReadOnlyList<ReplicaId> dead, long sequence = 0, long pastAttempt = 0)
    {
        ArgumentNullException.ThrowIfNull(dead);
        NoteDeaths(dead);
        if (IsDead(from))
        {
            return null;
        }

        if (attempt <= InboundOf(from).LeftAttempt)
        {
            return null;
        }

        var peer = PeerOf(from);
        if (attempt <= peer.HelloAttempt)
        {
            return null;
        }

        // What the earlier replica wrote was applied everywhere; who has joined since has got it with its dump.
        var inbound = InboundOf(from);
        inbound.Applied = Math.Max(inbound.Applied, sequence);
        inbound.Stable = Math.Max(inbound.Stable, sequence);

        // What it lacks up to here comes with its dump.
        peer.HelloAttempt = attempt;
        peer.Sent = peer.Acked = peer.HelloSequence = LastSequence;
        Complete();
        return new HelloReply(LastSequence, IsReady, _deadIds, Ballot, pastAttempt);
    }

    /// <summary>A replica has answered this one's hello.</summary>
    /// <remarks>
    /// Its writes up to <see cref="HelloReply.Sequence"/> are not applied here but come with the dump; so a reply that comes
    /// when the dump is merged is dropped.
    /// </remarks>
    public void OnHelloReply(ReplicaId from, HelloReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        if (IsReady || IsDead(from))
        {
            return;
        }

        // A hello of it to an earlier replica of this silo, delayed on its way, must not count as an acknowledgement here.
        var peer = PeerOf(from);
        peer.HelloAttempt = Math.Max(peer.HelloAttempt, reply.PastAttempt);
        var inbound = _inbounds[from];
        inbound.Applied = Math.Max(inbound.Applied, reply.Sequence);
        NoteDeaths(reply.Dead);
        NoteBallot(reply.Ballot);
    }

    /// <summary>
    /// All live replicas have answered a hello: drops what an earlier dump has brought, and from now on takes writes.
    /// </summary>
    /// <returns>What a dump must contain so that, with the writes that come from now on, nothing is missing.</returns>
    /// <exception cref="InvalidOperationException">The replica is ready already.</exception>
    public IReadOnlyDictionary<ReplicaId, long> RequestDump()
    {
        if (IsReady)
        {
            throw new InvalidOperationException($"Replica {Self} is ready: it needs no dump.");
        }

        // Two dumps do not add up: what was deleted between them has no tombstone in the second one.
        Clear();
        _early.Clear();
        _merge = MergeState.Requested;
        return _peerIds.ToDictionary(peer => peer, peer => _inbounds[peer].Applied);
    }

    /// <summary>Begins a dump, or returns null if this replica is not ready or has not yet applied what the dump must contain.</summary>
    public DumpReader? BeginDump(IReadOnlyDictionary<ReplicaId, long> required)
    {
        ArgumentNullException.ThrowIfNull(required);
        if (!IsReady || required.Any(need => !IsDead(need.Key) && AppliedOf(need.Key) < need.Value))
        {
            return null;
        }

        List<OriginPosition> positions = [new(Self, LastSequence, Clock.LastMicros, CompletedThrough, IsDead: false)];
        List<OperationBatch> retained = [];
        foreach (var inbound in _inbounds.Values)
        {
            // While a dead origin is being levelled there may be gaps: only what stands before them counts.
            var applied = inbound.Levelling is { IsDone: false } levelling ? levelling.Base : inbound.Applied;
            positions.Add(new(inbound.Id, applied, inbound.ClockMicros, inbound.Stable, inbound.IsDead));
            retained.AddRange(inbound.Retained);
        }

        if (CompletedThrough < LastSequence)
        {
            var (segments, count, _) = Log.ReadAfter(CompletedThrough, int.MaxValue);
            retained.Add(MakeBatch(CompletedThrough + 1, count, Clock.LastMicros, segments));
        }

        return CaptureDump(new DumpHeader(Origins.All(), positions, retained, _decisions.Capture()));
    }

    /// <summary>
    /// No replica is ready, and this one goes first: it is ready, with an empty table. Does nothing if it is ready already.
    /// </summary>
    public void BecomeReady()
    {
        if (IsReady)
        {
            return;
        }

        // Nobody holds all records any more: what there is of the dead, here or elsewhere, is not wanted.
        Clear();
        foreach (var inbound in _inbounds.Values.Where(inbound => inbound.IsDead))
        {
            inbound.Levelling!.Rebase(long.MaxValue);
            inbound.Applied = inbound.Stable = long.MaxValue;
            inbound.Retained.Clear();
        }

        AcceptLastChunk();
    }

    private protected abstract void Clear();

    private protected void AcceptLastChunk()
    {
        _early.Clear();
        IsReady = true;
        SettleLevelling();
    }

    private protected void CheckMerging()
    {
        if (IsReady || _merge != MergeState.Merging)
        {
            throw new InvalidOperationException(
                $"Replica {Self} takes no chunk: it is ready, or has dropped the dump because {_giver} is dead.");
        }
    }

    private protected void AcceptDumpHeader(DumpHeader header)
    {
        _giver = header.Positions[0].Origin;
        if (IsReady || _merge != MergeState.Requested || IsDead(_giver))
        {
            throw new InvalidOperationException($"Replica {Self} takes no dump of {_giver}: it asked for none, or that one is dead.");
        }

        foreach (var position in header.Positions)
        {
            if (position.Origin == Self)
            {
                continue;
            }

            if (position.IsDead)
            {
                OnDead(position.Origin);
            }

            AcceptPosition(InboundOf(position.Origin), position);
            Clock.Observe(position.ClockMicros);
        }

        // Who is not in the header came when the giver had begun: nothing of it is in the dump.
        foreach (var inbound in _inbounds.Values.Where(inbound => !header.Positions.Any(at => at.Origin == inbound.Id)).ToList())
        {
            AcceptPosition(inbound, new OriginPosition(inbound.Id, 0, 0, 0, inbound.IsDead));
        }

        _early.Clear();
        _merge = MergeState.Merging;
        foreach (var caller in header.Decisions)
        {
            NoteDecisions(caller);
        }

        foreach (var batch in header.Retained)
        {
            if (batch.Origin != Self)
            {
                InboundOf(batch.Origin).Retain(batch);
            }
        }

        foreach (var inbound in _inbounds.Values.Where(inbound => inbound.Levelling is not null))
        {
            ApplyDecided(inbound);
        }
    }

    // What came directly is not in the dump if it stands after the position: it is applied now.
    private void AcceptPosition(Inbound inbound, OriginPosition position)
    {
        foreach (var batch in _early.Where(batch => batch.Origin == inbound.Id && batch.LastSequence > position.Sequence))
        {
            ApplyBatch(batch, inbound.Number, inbound.Levelling is null
                ? WritesToApply.All(after: position.Sequence)
                : WritesToApply.Plain(after: position.Sequence));
        }

        if (inbound.Levelling is { } levelling)
        {
            // The giver may lack writes of a dead origin that this replica has acknowledged, and the other way round: both
            // level from the giver's position on.
            foreach (var batch in inbound.Retained.Where(batch => batch.LastSequence > position.Sequence))
            {
                ApplyBatch(batch, inbound.Number, WritesToApply.Plain(after: position.Sequence));
            }

            levelling.Rebase(position.Sequence);
            inbound.Applied = position.Sequence;
            inbound.ClockMicros = position.ClockMicros;
        }
        else
        {
            inbound.Applied = Math.Max(inbound.Applied, position.Sequence);
            inbound.ClockMicros = Math.Max(inbound.ClockMicros, position.ClockMicros);
        }

        inbound.Stable = Math.Max(inbound.Stable, position.StableSequence);
    }

    private Peer PeerOf(ReplicaId id)
    {
        InboundOf(id);
        if (!_peers.TryGetValue(id, out var peer))
        {
            peer = new Peer(id) { Sent = LastSequence, Acked = LastSequence };
            _peers.Add(id, peer);
            _peerIds = [.. _peers.Keys];
        }

        return peer;
    }

    private Inbound InboundOf(ReplicaId id)
    {
        if (!_inbounds.TryGetValue(id, out var inbound))
        {
            inbound = new Inbound(id, Origins.NumberOf(id));
            _inbounds.Add(id, inbound);
        }

        return inbound;
    }
}
