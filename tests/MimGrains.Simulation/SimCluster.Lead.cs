using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Simulation;

internal sealed partial class SimCluster
{
    private const long LeaderKeysChangeMicros = 100_000;

    /// <summary>A leader has decided and written.</summary>
    public void OnDecided(Operation operation) => _history.Add(operation with { Generation = _generation, Stay = _byId[operation.Origin].Stay });

    private void CallLeader(SimNode node)
    {
        var key = new SimKey(0, SimTable.LeaderKeysFrom + (int)(Scheduler.NowMicros / LeaderKeysChangeMicros * 2) + (int)Random.Between(0, 1));
        if (!_leaderHistory.HasRoom(key))
        {
            return;
        }

        var record = $"{(Random.Chance(80) ? node.Id : Random.Pick(_nodes.Where(owner => node.MayKnow(owner)).ToList()).Id)}|{++_lastRecord}";
        var expected = node.Replica.TryGet(key, out var held, out var write) ? held : "nobody|0";
        var call = Random.Between(1, 100) switch
        {
            <= 45 => new LeaderCall(key, LeaderCondition.Absent, record, null, Scheduler.NowMicros),
            <= 60 => new LeaderCall(key, LeaderCondition.Equal, record, expected, Scheduler.NowMicros),
            <= 90 => new LeaderCall(key, LeaderCondition.Version, null, expected, Scheduler.NowMicros) { ExpectedWrite = write },
            _ => new LeaderCall(key, LeaderCondition.None, record, null, Scheduler.NowMicros),
        };
        _leaderHistory.Add(call, _generation);
        node.Call(call);
    }

    // As a silo that stops: it lets another one lead before it goes.
    private void Resign(SimNode node)
    {
        Scheduler.Log($"{node.Id} resigns");
        node.Replica.Resign();
        Scheduler.After(Random.Between(20_000, 200_000), () => End(node));
    }

    private long OwnerDiedAt(LeaderCall call) => _kind switch
    {
        TableKind.OwnedByWriter => _diedAt.GetValueOrDefault(call.Id.Caller, long.MaxValue),
        TableKind.OwnedByRecord or TableKind.MergedOwnedByRecord => _diedAt.GetValueOrDefault(new ReplicaId(SimTable.OwnerOf(call.Record!)), long.MaxValue),
        TableKind.KeptForEver or TableKind.MergedKept => long.MaxValue,
        _ => throw new InvalidOperationException($"No such kind of table: {_kind}."),
    };

    private void CheckLeaderCalls(List<SimNode> live)
    {
        var contradiction = _leaderHistory.Contradiction(
            _generation, key => live[0].Replica.TryGet(key, out var record) ? record : null);
        if (contradiction is not null)
        {
            throw new InvariantException(contradiction);
        }
    }
}
