using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Simulation;

// A node gives the table up while it runs, and takes it up again later.
internal sealed partial class SimNode
{
    private readonly List<(ReplicaId Peer, long LastSequence, long Attempt, long Seen)> _untold = [];
    private int _stay;

    /// <summary>How often it has given the table up.</summary>
    public int Stay => _stay;

    /// <summary>Whether it does not hold the table now.</summary>
    public bool IsAbsent { get; private set; }

    /// <summary>Gives the table up, if nobody depends on it. Returns whether it did.</summary>
    public bool TryLeave()
    {
        if (IsAbsent || !Replica.IsReady || !(Replica.TryLeave() || _cluster.Fault == Fault.LeavesWithUnappliedWrites))
        {
            return false;
        }

        foreach (var peer in Replica.Peers)
        {
            _untold.Add((peer, Replica.LastSequence, Plan.LastAttempt, Replica.HelloAttemptOf(peer)));
        }

        var (end, attempt) = (Replica.Numbers, Plan.LastAttempt);
        Replica = new TableReplica<SimKey, string>(Id, _schema, _codec);
        Replica.StartAfter(end);
        Plan = new JoinPlan(Id);
        Plan.StartAfter(attempt);
        IsAbsent = true;
        _stay++;
        _toldPlan.Clear();
        _deadTold = null;
        _appliedSeen.Clear();
        _helloSequences.Clear();
        _calls.Clear();
        _requests.Clear();
        _majoritySeen = end.Sequence;
        ForgetPauses();
        _underWay.Clear();
        _sweep = null;
        _nextChunk = 0;
        _dump++;
        if (_pass is { } pass)
        {
            pass.IsDone = true;
        }

        return true;
    }

    /// <summary>Takes the table up again.</summary>
    public void Return(IEnumerable<ReplicaId> live, IEnumerable<ReplicaId> dead)
    {
        IsAbsent = false;
        Start(live, dead);
    }

    // Again and again, until the other one has answered.
    private void TellLeft()
    {
        _untold.RemoveAll(left => _cluster.NodeOf(left.Peer).IsDeclaredDead);
        foreach (var left in _untold.ToList())
        {
            if (Random.Chance(30))
            {
                Send(left.Peer, $"left after {left.Attempt}", to =>
                {
                    to.OnLeft(Id, left.LastSequence, left.Attempt, left.Seen);
                    _cluster.Network.Send(to, this, "left taken", () => _untold.Remove(left));
                }, whenAbsent: to => _cluster.Network.Send(to, this, "left taken", () => _untold.Remove(left)));
            }
        }
    }

    private void OnLeft(ReplicaId from, long lastSequence, long attempt, long seen)
    {
        if (Plan.IsMeant(seen) && Replica.OnLeft(from, lastSequence, attempt))
        {
            _pauses.End(from, isDead: false);
            Plan.OnLeft(from);
        }
    }
}
