using MimGrains.Core.Identity;
using MimGrains.Core.Log;
using MimGrains.Core.Replication;

namespace MimGrains.Simulation;

internal sealed partial class SimNode
{
    private const int BatchMaxBytes = 200;
    private const long DeliveryTimeoutMicros = 50_000;

    // The number of the delivery that is under way to a peer; one at a time, as the real carrier does.
    private readonly Dictionary<ReplicaId, long> _underWay = [];
    private long _lastDelivery;

    public void Pump(ReplicaId peer)
    {
        if (_underWay.ContainsKey(peer) || Replica.TakeBatch(peer, BatchMaxBytes) is not { } batch)
        {
            return;
        }

        var delivery = ++_lastDelivery;
        _underWay[peer] = delivery;
        Send(peer, $"batch {batch.FirstSequence}..{batch.LastSequence}", to =>
        {
            var outcome = to.Take(batch);
            to.Send(Id, $"batch {batch.FirstSequence}..{batch.LastSequence} {outcome}", _ => OnAnswer(peer, delivery, batch, outcome));
        }, whenAbsent: to => to.Send(Id, "batch taken without table", _ => OnAnswer(peer, delivery, batch, ReceiveOutcome.Applied)));
        _cluster.Scheduler.After(DeliveryTimeoutMicros, () => EndDelivery(peer, delivery, hasFailed: true));
    }

    private ReceiveOutcome Take(OperationBatch batch)
    {
        if (_cluster.Fault == Fault.AcknowledgedWithoutApplying && Replica.IsReady && Random.Chance(3))
        {
            return ReceiveOutcome.Applied;
        }

        if (_cluster.Fault == Fault.ReplacedDotsAreLost && Replica.IsMerging)
        {
            batch = ReplacedDotsFault.Forget(batch);
        }

        var outcome = Replica.Receive(batch);
        if (outcome == ReceiveOutcome.OriginDead && _cluster.Fault == Fault.LateBatchesOfTheDeadAreTaken)
        {
            // Through the door of level replies, which is the only one that is open for a dead origin.
            foreach (var peer in Replica.Peers.Take(1))
            {
                Replica.OnLevelReply(peer, batch.Origin, new LevelReply([batch], []));
            }
        }

        return outcome;
    }

    private void OnAnswer(ReplicaId peer, long delivery, OperationBatch batch, ReceiveOutcome outcome)
    {
        if (outcome == ReceiveOutcome.Applied)
        {
            // Also an answer that comes late, or twice, is true.
            Replica.OnDelivered(peer, batch);
        }

        EndDelivery(peer, delivery, outcome != ReceiveOutcome.Applied);
    }

    private void EndDelivery(ReplicaId peer, long delivery, bool hasFailed)
    {
        if (!IsUp || _underWay.GetValueOrDefault(peer) != delivery)
        {
            return;
        }

        _underWay.Remove(peer);
        if (hasFailed)
        {
            Replica.OnDeliveryFailed(peer);
        }
        else
        {
            Pump(peer);
        }
    }

    private void SendHeartbeat(ReplicaId peer)
    {
        if (Replica.TakeHeartbeat(peer, NowMicros) is not { } heartbeat)
        {
            return;
        }

        if (_cluster.Fault == Fault.ClockFromTheFuture)
        {
            heartbeat = new OperationBatch
            {
                Origin = Id,
                FirstSequence = heartbeat.FirstSequence,
                Count = 0,
                ClockMicros = heartbeat.ClockMicros + 500_000,
                StableSequence = heartbeat.StableSequence,
                FirstOpenCall = heartbeat.FirstOpenCall,
                Levelled = heartbeat.Levelled,
                Segments = [],
            };
        }

        Send(peer, "heartbeat", to => to.Replica.Receive(heartbeat));
    }

    private void SendLevelRequests()
    {
        var stay = _stay;
        var known = Replica.DeadReplicas;
        foreach (var (survivor, dead, after) in Replica.LevelRequests())
        {
            Send(survivor, $"level {dead}?", to =>
            {
                to.NoteDeaths(known);
                var reply = to.Replica.Level(dead, after);
                if (_cluster.Fault == Fault.LevelRepliesAreEmpty)
                {
                    reply = reply with { Retained = [] };
                }

                to.Send(Id, $"level {dead}: {reply.Retained.Count}", _ => OnLevelReply(survivor, dead, reply, stay));
            });
        }
    }

    private void OnLevelReply(ReplicaId survivor, ReplicaId dead, LevelReply reply, int stay)
    {
        if (stay != _stay)
        {
            return;
        }

        if (_cluster.Fault == Fault.LevelRepliesFromBeforeADeathCount)
        {
            reply = reply with { Dead = Replica.DeadReplicas };
        }

        Replica.OnLevelReply(survivor, dead, reply);
    }
}
