using MimGrains.Core.Identity;
using MimGrains.Core.Log;

namespace MimGrains.Core.Replication;

// hello to every live replica -> each sends its writes from now on -> dump of one that is ready and has applied everything
// up to those hellos -> ready.
public abstract partial class TableReplica
{
    /// <summary>Another replica says hello: it gets all later writes of this one, and counts for their acknowledgement.</summary>
    /// <param name="from">The joining replica.</param>
    /// <param name="attempt">Greater than in every hello that it sent before.</param>
    /// <returns>Null if the caller is declared dead and must not join, or if a later hello of it came before.</returns>
    public HelloReply? Hello(ReplicaId from, long attempt)
    {
        if (IsDead(from))
        {
            return null;
        }

        var peer = PeerOf(from);
        if (attempt <= peer.HelloAttempt)
        {
            return null;
        }

        // What it lacks up to here comes with its dump.
        peer.HelloAttempt = attempt;
        peer.Sent = peer.Acked = LastSequence;
        Complete();
        return new HelloReply(LastSequence, IsReady, [.. UnlevelledDead()]);
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

        PeerOf(from);
        var inbound = _inbounds[from];
        inbound.Applied = Math.Max(inbound.Applied, reply.Sequence);
        foreach (var dead in reply.Unlevelled)
        {
            OnDead(dead);
        }
    }

    /// <summary>Returns what a dump must contain so that, with the writes that come from now on, nothing is missing.</summary>
    public IReadOnlyDictionary<ReplicaId, long> RequiredOfDump() =>
        _peers.Keys.ToDictionary(peer => peer, peer => _inbounds[peer].Applied);

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
            positions.Add(new(inbound.Id, inbound.Applied, inbound.ClockMicros, inbound.Stable, inbound.IsDead));
            retained.AddRange(inbound.Retained);
        }

        if (CompletedThrough < LastSequence)
        {
            var (segments, count, _) = Log.ReadAfter(CompletedThrough, int.MaxValue);
            retained.Add(MakeBatch(CompletedThrough + 1, count, Clock.LastMicros, segments));
        }

        return CaptureDump(new DumpHeader(Origins.All(), positions, retained));
    }

    /// <summary>The replica holds all records: it takes writes and gives dumps. Called after the last chunk, or by the first replica.</summary>
    public void BecomeReady()
    {
        IsReady = true;
        SettleLevelling();
    }

    private protected void AcceptDumpHeader(DumpHeader header)
    {
        foreach (var position in header.Positions)
        {
            if (position.Origin == Self)
            {
                continue;
            }

            var inbound = InboundOf(position.Origin);
            // Of an origin that died after its hello some writes may be missing in the dump: they are asked for again.
            inbound.Applied = position.IsDead ? position.Sequence : Math.Max(inbound.Applied, position.Sequence);
            inbound.ClockMicros = Math.Max(inbound.ClockMicros, position.ClockMicros);
            inbound.Stable = Math.Max(inbound.Stable, position.StableSequence);
            Clock.Observe(position.ClockMicros);
        }

        foreach (var batch in header.Retained)
        {
            if (batch.Origin != Self)
            {
                InboundOf(batch.Origin).Retain(batch);
            }
        }
    }

    private Peer PeerOf(ReplicaId id)
    {
        InboundOf(id);
        if (!_peers.TryGetValue(id, out var peer))
        {
            peer = new Peer(id) { Sent = LastSequence, Acked = LastSequence };
            _peers.Add(id, peer);
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
