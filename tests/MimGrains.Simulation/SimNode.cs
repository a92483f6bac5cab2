using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Simulation;

/// <summary>One incarnation of a silo: its replica, and what an adapter does around it.</summary>
internal sealed partial class SimNode
{
    private readonly SimCluster _cluster;
    private readonly MimGrains.Core.Store.TableSchema<SimKey, string> _schema;
    private readonly HashSet<ReplicaId> _toldPlan = [];
    private readonly Dictionary<ReplicaId, long> _appliedSeen = [];
    private IReadOnlyList<ReplicaId>? _deadTold;
    private OwnerSweep? _sweep;
    private readonly SimCodec _codec = new();
    private bool _isTicking;
    private long _completedSeen;
    private long _majoritySeen;

    public SimNode(SimCluster cluster, string name, TableKind kind)
    {
        _cluster = cluster;
        Id = new ReplicaId(name);
        _schema = SimTable.Schema(kind, Resolver(), cluster.Expires);
        Replica = new TableReplica<SimKey, string>(Id, _schema, _codec);
        Plan = new JoinPlan(Id);
        SkewMicros = cluster.Random.Between(-20_000, 20_000);
    }

    public ReplicaId Id { get; }

    public TableReplica<SimKey, string> Replica { get; private set; }

    public JoinPlan Plan { get; private set; }

    public bool IsUp { get; set; } = true;

    /// <summary>Whether the membership says that it is dead; it may still run for a while.</summary>
    public bool IsDeclaredDead { get; set; }

    /// <summary>Who was dead, and gone from the membership, when it began.</summary>
    public HashSet<SimNode> Forgotten { get; } = [];

    /// <summary>Whether a user of this silo can have heard of another one.</summary>
    public bool MayKnow(SimNode other) => !Forgotten.Contains(other) || Replica.IsDead(other.Id);

    public bool CountsAsReady => IsUp && !IsDeclaredDead && Replica.IsReady;

    private long SkewMicros { get; }

    private long NowMicros => 1_000_000_000 + _cluster.Scheduler.NowMicros + SkewMicros;

    /// <summary>Whether records of dead owners are still being removed.</summary>
    public bool IsSweeping => Replica.IsSweepDue || _sweep is not null;

    /// <summary>The time and the trace of the run.</summary>
    public Scheduler Scheduler => _cluster.Scheduler;

    private SplitMix64 Random => _cluster.Random;

    /// <summary>It has read the membership, and begins.</summary>
    public void Start(IEnumerable<ReplicaId> live, IEnumerable<ReplicaId> dead)
    {
        foreach (var id in dead)
        {
            Replica.OnDead(id);
        }

        AfterEvent();
        foreach (var id in live)
        {
            Plan.OnMember(id);
        }

        if (!_isTicking)
        {
            _isTicking = true;
            Tick();
        }
    }

    /// <summary>It has seen a later state of the membership: the dead of then, in the order of their deaths.</summary>
    public void OnDeclaredDead(IReadOnlyList<ReplicaId> dead)
    {
        NoteDeaths(dead);
        AfterEvent();
    }

    private void NoteDeaths(IReadOnlyList<ReplicaId> dead) =>
        Replica.NoteDeaths(_cluster.Fault == Fault.DeposedGoesOn ? [.. dead.Where(id => id != Id)] : dead);

    public Operation Write(SimKey key, string? record)
    {
        var body = SimCodec.Bytes(key, record);
        var replaced = Replica.WritesOf(key).Select(write => (write.Origin, write.Sequence)).ToList();
        var sequence = record is null ? Replica.Delete(key, body, NowMicros) : Replica.Insert(key, record, body, NowMicros);
        if (Replica.IsMerging)
        {
            // A delete of nothing leaves no trace.
            return new Operation(key, record, Id, sequence, Replica.LastMicros) { Replaced = replaced };
        }

        var (origin, written, timeMicros) = Replica.WriteOf(key)!.Value;
        if (origin != Id || written != sequence)
        {
            throw new InvariantException($"{Id} wrote {sequence} of {key}, but has write {written} of {origin}.");
        }

        return new Operation(key, record, Id, sequence, timeMicros);
    }

    /// <summary>What holds after every event, and what follows from it.</summary>
    public void AfterEvent()
    {
        TellPlan();

        if (Replica.CompletedThrough < _completedSeen)
        {
            throw new InvariantException($"{Id}: CompletedThrough fell from {_completedSeen} to {Replica.CompletedThrough}.");
        }

        if (Replica.CompletedThrough > _completedSeen)
        {
            _cluster.OnCompleted(this, _completedSeen, Replica.CompletedThrough);
            _completedSeen = Replica.CompletedThrough;
        }

        if (Replica.MajorityThrough() is var majority && majority > _majoritySeen)
        {
            _cluster.OnMajority(this, _majoritySeen, majority);
            _majoritySeen = majority;
        }

        for (var i = 0; i < Replica.Peers.Count; i++)
        {
            var peer = Replica.Peers[i];
            var applied = Replica.AppliedOf(peer);
            ref var seen = ref CollectionsMarshal.GetValueRefOrAddDefault(_appliedSeen, peer, out _);
            if (applied < seen)
            {
                throw new InvariantException($"{Id}: applied of {peer} fell from {seen} to {applied}.");
            }

            seen = applied;
        }

        StepRequests();
    }

    private Func<string, string, string> Resolver() => _cluster.Fault == Fault.ResolversDiffer && _cluster.Random.Chance(30)
        ? (left, right) => $"{SimTable.Resolve(left, right)}0"
        : SimTable.Resolve;

    private void TellPlan()
    {
        if (ReferenceEquals(_deadTold, Replica.DeadReplicas))
        {
            return;
        }

        _deadTold = Replica.DeadReplicas;
        foreach (var dead in _deadTold.Where(_toldPlan.Add))
        {
            _pauses.End(dead, isDead: true);
            Plan.OnDead(dead);
        }
    }

    private void Tick()
    {
        if (!IsUp)
        {
            return;
        }

        TellLeft();
        if (IsAbsent)
        {
            _cluster.Scheduler.After(Random.Between(2_000, 8_000), Tick);
            return;
        }

        StepJoin();
        StepRecording();
        foreach (var peer in Replica.Peers)
        {
            Pump(peer);
            if (Random.Chance(40))
            {
                SendHeartbeat(peer);
            }
        }

        if (Random.Chance(50))
        {
            SendLevelRequests();
        }

        if (Random.Chance(70))
        {
            SendClaims();
        }

        StepSweep();
        StepPauses();
        if (Random.Chance(40))
        {
            StepExpiry();
        }

        if (Random.Chance(50))
        {
            Replica.PurgeTombstones((int)Random.Between(1, 20));
        }

        AfterEvent();
        _cluster.Scheduler.After(Random.Between(2_000, 8_000), Tick);
    }

    private void StepRecording()
    {
        if (Replica.IsReady && Random.Chance(20))
        {
            // Some keep few changes, some more; now and then one keeps none for a while.
            if (Random.Chance(4))
            {
                Replica.StopRecording();
            }
            else
            {
                Replica.RecordChanges((int)Random.Between(1, 60), long.MaxValue, () => { });
            }
        }
    }

    private void StepSweep()
    {
        if (Replica.IsSweepDue)
        {
            _sweep = Replica.BeginSweep();
        }

        if (_sweep is { } sweep && _cluster.Fault != Fault.DeadOwnersAreNotSwept)
        {
            if (!sweep.Find(maxLooks: 3, maxFound: 3))
            {
                _sweep = null;
            }

            RemoveFound(sweep);
        }
    }

    private void RemoveFound(OwnerSweep sweep)
    {
        if (_cluster.Fault != Fault.SweptLeaveNoTombstones)
        {
            sweep.Remove();
            return;
        }

        var keys = Replica.Capture().All().Select(entry => entry.Key).ToList();
        sweep.Remove();
        foreach (var key in keys.Where(key => !Replica.TryGet(key, out _)))
        {
            Replica.ForgetTombstone(key);
        }
    }

    private void Send(
        ReplicaId to,
        [InterpolatedStringHandlerArgument("")] ref Scheduler.TraceText name,
        Action<SimNode> deliver,
        Action<SimNode>? whenAbsent = null) => Send(to, name.ToString(), deliver, whenAbsent);

    private void Send(ReplicaId to, string name, Action<SimNode> deliver, Action<SimNode>? whenAbsent = null)
    {
        var node = _cluster.NodeOf(to);
        _cluster.Network.Send(this, node, name, () => (node.IsAbsent ? whenAbsent : deliver)?.Invoke(node));
    }
}
