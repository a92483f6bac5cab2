using MimGrains.Core.Identity;

namespace MimGrains.Simulation;

/// <summary>A run of a whole cluster in one thread: the seed picks everything that happens.</summary>
internal sealed partial class SimCluster
{
    private const long FaultyMicros = 1_200_000;
    private const long QuietMicros = 1_500_000;
    private const long QuietLeastMicros = 200_000;
    private const long QuietStepMicros = 20_000;
    private const long DamageMicros = 700_000;
    private const long DeathNoticeMostMicros = 80_000;
    private const int NodesAtStart = 4;
    private const int NodesMost = 5;
    private const int Keys = 3;
    private const long KeysChangeMicros = 150_000;
    private const int Groups = 3;

    private readonly List<SimNode> _nodes = [];
    private readonly Dictionary<ReplicaId, SimNode> _byId = [];
    private readonly TableKind _kind;
    private readonly History _history;
    private readonly LeaderHistory _leaderHistory;
    private readonly bool _callsLeader;
    private readonly List<ReplicaId> _deaths = [];
    private readonly Dictionary<ReplicaId, long> _diedAt = [];
    private int _lastRecord;
    private int _generation;

    public SimCluster(int seed, Fault fault, bool traces)
    {
        Random = new SplitMix64((ulong)seed * 0x2545F4914F6CDD1D);
        Scheduler = new Scheduler(traces);
        Network = new Network(Scheduler, Random);
        Fault = fault;
        // A quarter of the runs merges concurrent writes; half of these, as of the others, call leaders.
        _kind = seed % 8 is 3 or 6
            ? (seed % 16 < 8 ? TableKind.MergedOwnedByRecord : TableKind.MergedKept)
            : (TableKind)(seed % 3);
        // A damaged record that expires mends itself, before anybody has compared it.
        Expires = seed % 7 == 1 && !IsDamaging;
        // Every other run is one of plain writes only: more of them, and rarer orders of them.
        _callsLeader = seed % 2 == 0;
        _leaderHistory = new LeaderHistory(OwnerDiedAt);
        _history = new History(_kind, owner => _byId[new ReplicaId(owner)].IsDeclaredDead);
    }

    public SplitMix64 Random { get; }

    public Scheduler Scheduler { get; }

    public Network Network { get; }

    public Fault Fault { get; }

    public int Writes => _history.Count;

    public LeaderHistory LeaderCalls => _leaderHistory;

    public SimNode NodeOf(ReplicaId id) => _byId[id];

    /// <exception cref="InvariantException">An invariant does not hold.</exception>
    public void Run()
    {
        for (var i = 0; i < NodesAtStart; i++)
        {
            Scheduler.After(Random.Between(0, 50_000), Join);
        }

        Scheduler.After(50_000, Work);
        Scheduler.After(Random.Between(100_000, 300_000), Disturb);
        Scheduler.After(Random.Between(10_000, 80_000), Compare);
        Scheduler.After(Random.Between(10_000, 80_000), Watch);
        Scheduler.RunUntil(FaultyMicros);

        Scheduler.Log($"all faults end");
        Network.IsFaulty = false;
        foreach (var node in _nodes.Where(node => node is { IsUp: true, IsDeclaredDead: false, IsAbsent: true }))
        {
            Return(node);
        }

        foreach (var node in _nodes.Where(node => node.IsDeclaredDead != !node.IsUp || node.Replica.IsResigned).ToList())
        {
            Kill(node);
            Declare(node);
        }

        if (!_nodes.Exists(node => node.IsUp))
        {
            Join();
        }

        if (IsDamaging)
        {
            Scheduler.After(DamageMicros, DamageSome);
        }

        RunUntilQuiet();
        CheckDamage();
        CheckEnd();
        CheckWatchers();
    }

    /// <summary>A node has counted some of its writes as done: they are applied wherever somebody may read them.</summary>
    public void OnCompleted(SimNode node, long after, long through)
    {
        var readers = _nodes.Where(reader => reader != node && reader.IsUp && reader.Replica.IsReady
            && node.Replica.AckedBy(reader.Id) is not null && !reader.Replica.IsDead(node.Id)).ToList();
        for (var sequence = after + 1; sequence <= through; sequence++)
        {
            var operation = _history.Find(node.Id, sequence);
            operation.IsAcknowledged = !node.IsDeclaredDead;
            foreach (var reader in readers)
            {
                if (operation.HasEffect && _history.Contradiction(reader, operation.Key, operation) is { } contradiction)
                {
                    throw new InvariantException($"{operation} is done at {node.Id}, but {contradiction}");
                }
            }
        }
    }

    // Nothing is to be done any more, and nothing that was held up can come: what follows would be the same again and again.
    private void RunUntilQuiet()
    {
        var end = FaultyMicros + QuietMicros;
        Scheduler.RunUntil(IsDamaging ? end : FaultyMicros + QuietLeastMicros);
        while (Scheduler.NowMicros < end && (Network.LateCount > 0 || !_nodes.Exists(node => node.IsUp) || _nodes.Exists(node => node.IsUp && Unrest(node) is not null)))
        {
            Scheduler.RunUntil(Scheduler.NowMicros + QuietStepMicros);
            if (!_nodes.Exists(node => node.IsUp))
            {
                // Who was to end has ended only now.
                Join();
            }
        }
    }

    private void Join()
    {
        if (_nodes.Count(node => node.IsUp) >= NodesMost)
        {
            return;
        }

        // Ids are not in the order of joining.
        var node = new SimNode(this, $"n{Random.Between(1, 9)}{_nodes.Count + 10}", _kind);
        _nodes.Add(node);
        _byId.Add(node.Id, node);
        Scheduler.Log($"{node.Id} is a member");
        Scheduler.After(Random.Between(0, 5_000), () =>
        {
            var isForgetful = Random.Chance(30);
            var others = _nodes.Where(other => other != node).ToList();
            if (isForgetful)
            {
                node.Forgotten.UnionWith(others.Where(other => other.IsDeclaredDead && IsLongDead(other)));
            }

            // Memberships are cleaned up: old dead ones may be gone from it, and are learnt from the others only. But not before
            // each of those has seen the death, or is dead itself.
            node.Start(
                others.Where(other => !other.IsDeclaredDead).Select(other => other.Id),
                others.Where(other => other.IsDeclaredDead && !node.Forgotten.Contains(other)).Select(other => other.Id));
        });
    }

    private void Work()
    {
        if (Scheduler.NowMicros > FaultyMicros - 1_000)
        {
            return;
        }

        var ready = _nodes.Where(node => node.IsUp && node.Replica.IsReady).ToList();
        if (ready.Count > 0)
        {
            var node = Random.Pick(ready);
            CheckMayWrite(node);
            var count = Random.Chance(10) ? Random.Between(2, 6) : 1;
            for (var i = 0; i < count && !node.IsPaused; i++)
            {
                Write(node);
            }

            foreach (var peer in node.Replica.Peers)
            {
                node.Pump(peer);
            }

            node.AfterEvent();
            if (_callsLeader && Random.Chance(60) && Random.Pick(ready) is { IsPaused: false } caller)
            {
                CallLeader(caller);
            }
        }

        Scheduler.After(Random.Between(200, 6_000), Work);
    }

    private void Write(SimNode node)
    {
        // The keys in use change: what goes wrong with one is not covered up by a later write.
        var number = (int)(Scheduler.NowMicros / KeysChangeMicros * Keys) + (int)Random.Between(0, Keys - 1);
        var key = new SimKey((int)Random.Between(0, Groups - 1), number);
        var owner = Random.Chance(50) ? node.Id : Random.Pick(_nodes.Where(owner => node.MayKnow(owner)).ToList()).Id;
        var record = Random.Chance(45) ? null : $"{owner}|{++_lastRecord}";
        var operation = node.Write(key, record) with { Generation = _generation, Stay = node.Stay };
        _history.Add(operation);
        Scheduler.Log($"{node.Id} writes {operation.Sequence}: {key} = {record} at {operation.TimeMicros}");
    }

    private void Disturb()
    {
        if (Scheduler.NowMicros > FaultyMicros - 1_000)
        {
            return;
        }

        var up = _nodes.Where(node => node.IsUp && !node.IsDeclaredDead && !node.Replica.IsResigned).ToList();
        if (Random.Chance(40) && up.Count > 2)
        {
            if (up.Count > 2 && Random.Chance(50))
            {
                EndTwo(up);
            }
            else
            {
                End(Random.Pick(up));
            }
        }
        else if (_callsLeader && Random.Chance(25) && up.Count > 2)
        {
            Resign(Random.Pick(up));
        }

        if (Random.Chance(80))
        {
            Join();
        }

        if (Random.Chance(80) && up.Count > 1)
        {
            Network.Hold(Random.Pick(up), Random.Pick(up), Random.Between(20_000, 250_000));
        }

        if (Random.Chance(20) && up.Count > 0)
        {
            Pause(Random.Pick(up));
        }

        if (Random.Chance(30) && up.Count > 2)
        {
            Leave(Random.Pick(up));
        }

        Scheduler.After(Random.Between(20_000, 180_000), Disturb);
    }

    // What the first wrote last reaches the second only, which dies while the survivors level the first, and is slow to tell.
    private void EndTwo(List<SimNode> up)
    {
        var first = Random.Pick(up);
        var second = Random.Pick(up.Where(node => node != first).ToList());
        foreach (var other in up.Where(node => node != first && node != second))
        {
            Network.Hold(first, other, Random.Between(100_000, 300_000));
            Network.Hold(second, other, Random.Between(0, 200_000));
        }

        Scheduler.After(Random.Between(10_000, 40_000), () => End(first));
        Scheduler.After(Random.Between(20_000, 200_000), () => End(second));
    }

    private void End(SimNode node)
    {
        var delay = Random.Between(1_000, 120_000);
        if (Random.Chance(30))
        {
            // Declared dead although it runs: it goes on for a while.
            Declare(node);
            Scheduler.After(delay, () => Kill(node));
        }
        else
        {
            Kill(node);
            Scheduler.After(delay, () => Declare(node));
        }
    }

    private void Kill(SimNode node)
    {
        Scheduler.Log($"{node.Id} stops");
        node.IsUp = false;
        NoteLoss();
    }

    private void Declare(SimNode node)
    {
        if (node.IsDeclaredDead)
        {
            return;
        }

        Scheduler.Log($"{node.Id} is declared dead");
        node.IsDeclaredDead = true;
        _deaths.Add(node.Id);
        _diedAt[node.Id] = Scheduler.NowMicros;
        NoteLoss();
        // States of the membership come in order: whoever knows of this death knows of all before it, its own included.
        var known = _deaths.ToList();
        foreach (var witness in _nodes.Where(witness => witness.IsUp))
        {
            Scheduler.After(Random.Between(0, DeathNoticeMostMicros), () =>
            {
                if (witness.IsUp)
                {
                    Scheduler.Log($"{witness.Id} learns that {node.Id} is dead");
                    witness.OnDeclaredDead(known);
                }
            });
        }
    }

    private bool IsLongDead(SimNode node) => Scheduler.NowMicros > _diedAt[node.Id] + DeathNoticeMostMicros;

    private void NoteLoss()
    {
        var hasReady = _nodes.Exists(node => node.CountsAsReady);
        if (!hasReady)
        {
            _generation++;
        }
    }
}
