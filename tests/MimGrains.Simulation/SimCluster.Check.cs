namespace MimGrains.Simulation;

internal sealed partial class SimCluster
{
    private const long LogMaxBytes = 64 * 1_024;

    private void CheckEnd()
    {
        var live = _nodes.Where(node => node.IsUp).ToList();
        foreach (var node in live)
        {
            Require(Unrest(node) is null, node, Unrest(node)!);
            CheckEqual(live[0], node);
            CheckScans(node);
            foreach (var key in _history.Keys)
            {
                CheckKey(node, key);
            }
        }

        CheckLeaderCalls(live);
    }

    private static void Require(bool holds, SimNode node, string what)
    {
        if (!holds)
        {
            throw new InvariantException($"In the end {node.Id} {what}.");
        }
    }

    /// <summary>Says what a node has still to do; null if it has nothing.</summary>
    private string? Unrest(SimNode node)
    {
        var replica = node.Replica;
        return !replica.IsReady ? $"is not ready; it is to {node.Plan.Next()}, dump of {node.Plan.DumpSource}"
            : replica.CompletedThrough != replica.LastSequence
                ? $"has writes that [{string.Join(", ", replica.MissingAcks(replica.LastSequence))}] did not acknowledge"
            : replica.LevellingCount > 0 ? $"has not levelled {replica.LevellingCount} dead ones"
            : replica.RetainedCount > 0 ? $"retains {replica.RetainedCount} batches"
            : replica.TombstoneCount > 0 ? $"has {replica.TombstoneCount} tombstones"
            : node.OpenCalls > 0 ? $"has {node.OpenCalls} leader operations without an answer"
            : replica.DecisionCount > 0 ? $"remembers {replica.DecisionCount} decisions"
            : replica.LogSizeBytes > LogMaxBytes ? $"keeps {replica.LogSizeBytes} bytes of writes"
            : node.IsPaused ? "has paused writers"
            : Expires && replica.Capture().All().Any(entry => SimTable.TimeToLiveOf(entry.Key, entry.Value) is not null)
                ? "holds records that have expired"
            : node.IsSweeping ? "has not removed the records of all dead owners"
            : replica.Peers.Count != _nodes.Count(other => other.IsUp) - 1 ? $"has the peers [{string.Join(", ", replica.Peers)}]"
            : null;
    }

    private static void CheckEqual(SimNode first, SimNode node)
    {
        var expected = first.Replica.Capture().All().ToList();
        var actual = node.Replica.Capture().All().ToList();
        Require(expected.SequenceEqual(actual), node,
            $"holds [{string.Join(", ", actual.Except(expected))}] that {first.Id} does not, and lacks "
            + $"[{string.Join(", ", expected.Except(actual))}]");
        Require(first.Replica.Digest()!.Sums.SequenceEqual(node.Replica.Digest()!.Sums), node,
            $"has other sums than {first.Id}, and the same records");
        Require(node.Replica.Count == actual.Count, node, $"counts {node.Replica.Count} records, and has {actual.Count}");
        foreach (var (key, _) in expected)
        {
            Require(first.Replica.WriteOf(key) == node.Replica.WriteOf(key), node,
                $"holds {key} by {node.Replica.WriteOf(key)}, but {first.Id} by {first.Replica.WriteOf(key)}");
            Require(first.Replica.WritesOf(key).SequenceEqual(node.Replica.WritesOf(key)), node, $"has other siblings of {key} than {first.Id}");
        }
    }

    private static void CheckScans(SimNode node)
    {
        for (var group = 0; group < Groups; group++)
        {
            var prefix = new SimGroup(group);
            var expected = node.Replica.Capture().StartingWith(prefix).ToList();
            var actual = node.Replica.ScanIndexed<SimGroup, SelectBoth, KeyValuePair<SimKey, string>>(prefix);
            Require(expected.SequenceEqual(actual), node, $"finds other records of {prefix} by the index than in order");
        }
    }

    private void CheckMergedKey(SimNode node, SimKey key)
    {
        foreach (var operation in _history.Of(key).Where(MustBeKnown))
        {
            if (_history.Contradiction(node, key, operation) is { } contradiction)
            {
                throw new InvariantException(contradiction);
            }
        }

        foreach (var (origin, sequence, _, _) in node.Replica.WritesOf(key))
        {
            Require(!_history.IsOwnerDead(_history.Find(origin, sequence)), node, $"holds {sequence} of {origin}, whose owner is dead");
        }
    }

    private bool MustBeKnown(Operation operation) =>
        (_byId[operation.Origin] is { IsUp: true } origin && origin.Stay == operation.Stay) || (operation.IsAcknowledged && operation.Generation == _generation)
        || operation.Holders.Any(holder => holder.Node.IsUp && holder.Node.Stay == holder.Stay);

    private void CheckKey(SimNode node, SimKey key)
    {
        if (SimTable.IsMerged(_kind))
        {
            CheckMergedKey(node, key);
            return;
        }

        var seen = _history.GreatestOf(key, MustBeKnown);
        if (_history.Contradiction(node, key, seen) is { } contradiction)
        {
            throw new InvariantException(contradiction);
        }

        if (node.Replica.TryGet(key, out _))
        {
            var (origin, sequence, _) = node.Replica.WriteOf(key)!.Value;
            var held = _history.Find(origin, sequence);
            Require(!_history.IsOwnerDead(held), node, $"holds {held}, whose owner is dead");
        }
    }
}
