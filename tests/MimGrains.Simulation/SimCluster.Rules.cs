namespace MimGrains.Simulation;

// What a table may be told besides: records that expire, writes that wait for a majority only, pauses.
internal sealed partial class SimCluster
{
    private int _lastPause;

    /// <summary>Whether some records expire.</summary>
    public bool Expires { get; }

    /// <summary>How many records have expired.</summary>
    public int ExpiredCount => _nodes.Sum(node => node.Expired);

    /// <summary>How often every other node had been told of a pause.</summary>
    public int PausesInForce { get; private set; }

    /// <summary>A node has deleted a record that had expired.</summary>
    public void OnExpired(Operation operation)
    {
        _history.Add(operation with { Generation = _generation, Stay = _byId[operation.Origin].Stay });
        Scheduler.Log($"{operation.Origin} lets {operation.Key} expire: {operation.Sequence} at {operation.TimeMicros}");
    }

    /// <summary>A node counts some of its writes as applied by more than half of all.</summary>
    public void OnMajority(SimNode node, long after, long through)
    {
        var replicas = node.Replica.Peers.Count + 1;

        // What all have is done, as OnCompleted checks; those that join get it with their dumps.
        for (var sequence = Math.Max(after, node.Replica.CompletedThrough) + 1; sequence <= through; sequence++)
        {
            var holders = node.Replica.Peers.Select(NodeOf).Where(peer => peer.Holds(node.Id, sequence)).Append(node).ToList();
            // Who has given the table up has nothing now, and a silo that joins drops what it had of one that is dead: it levels.
            if (holders.Count <= replicas / 2 && !node.IsDeclaredDead && node.Replica.Peers.All(peer => NodeOf(peer).Stay == 0))
            {
                throw new InvariantException(
                    $"{node.Id} counts its write {sequence} as applied by a majority of {replicas}, but only "
                    + $"[{string.Join(", ", holders.Select(holder => holder.Id))}] have it.");
            }

            _history.Find(node.Id, sequence).Holders = [.. holders.Where(holder => holder.Replica.IsReady).Select(holder => (holder, holder.Stay))];
        }
    }

    private void Pause(SimNode node)
    {
        if (!node.Replica.IsReady)
        {
            return;
        }

        var number = ++_lastPause;
        Scheduler.Log($"{node.Id} is asked for pause {number}");
        node.Pause(number);
        Scheduler.After(Random.Between(2_000, 150_000), () =>
        {
            Scheduler.Log($"{node.Id} lifts pause {number}");
            node.Lift(number);
        });
    }

    private void CheckMayWrite(SimNode writer)
    {
        // Nobody tells those who are dead that nothing is to be written.
        if (!writer.IsDeclaredDead && _nodes.Find(node => node != writer && node.HasPauseInForce && !writer.Replica.IsDead(node.Id)) is { } pausing)
        {
            PausesInForce++;
            if (!writer.IsPaused)
            {
                throw new InvariantException($"{writer.Id} takes writes, but {pausing.Id} has paused them everywhere.");
            }
        }
    }
}
