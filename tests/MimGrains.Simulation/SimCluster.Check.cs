namespace MimGrains.Simulation;

internal sealed partial class SimCluster
{
    private const long LogMaxBytes = 64 * 1_024;

    private void CheckEnd()
    {
        var live = _nodes.Where(node => node.IsUp).ToList();
        foreach (var node in live)
        {
            CheckQuiet(node);
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

    private void CheckQuiet(SimNode node)
    {
        var replica = node.Replica;
        Require(replica.IsReady, node, $"is not ready; it is to {node.Plan.Next()}, dump of {node.Plan.DumpSource}");
        Require(replica.CompletedThrough == replica.LastSequence, node,
            $"has writes that [{string.Join(", ", replica.MissingAcks(replica.LastSequence))}] did not acknowledge");
        Require(replica.LevellingCount == 0, node, $"has not levelled {replica.LevellingCount} dead ones");
        Require(replica.RetainedCount == 0, node, $"retains {replica.RetainedCount} batches");
        Require(replica.TombstoneCount == 0, node, $"has {replica.TombstoneCount} tombstones");
        Require(node.OpenCalls == 0, node, $"has {node.OpenCalls} leader operations without an answer");
        Require(replica.DecisionCount == 0, node, $"remembers {replica.DecisionCount} decisions");
        Require(replica.LogSizeBytes <= LogMaxBytes, node, $"keeps {replica.LogSizeBytes} bytes of writes");
        Require(replica.Peers.Count == _nodes.Count(other => other.IsUp) - 1, node,
            $"has the peers [{string.Join(", ", replica.Peers)}]");
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
        (_byId[operation.Origin] is { IsUp: true } origin && origin.Stay == operation.Stay) || (operation.IsAcknowledged && operation.Generation == _generation);

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
