namespace MimGrains.Simulation;

internal sealed partial class SimCluster
{
    private readonly List<SimWatcher> _watchers = [];

    /// <summary>Those who watch the table.</summary>
    public IReadOnlyList<SimWatcher> Watchers => _watchers;

    private void Watch()
    {
        if (_watchers.Count == 0)
        {
            _watchers.AddRange([new(this), new(this)]);
        }

        _watchers.ForEach(watcher => watcher.Step(Recording(), readsAll: false));
        Scheduler.After(Random.Between(1_000, 30_000), Watch);
    }

    private void CheckWatchers()
    {
        foreach (var node in _nodes.Where(node => node.IsUp))
        {
            node.Replica.RecordChanges(1, long.MaxValue, () => { });
        }

        // Who watches a broken replica sees what is broken.
        foreach (var watcher in IsDamaging ? [] : _watchers)
        {
            watcher.Step(Recording(), readsAll: true);
            var live = _nodes.First(node => node.IsUp);
            var expected = live.Replica.Capture().All().ToList();
            if (!watcher.Records.SequenceEqual(expected))
            {
                throw new InvariantException(
                    $"A watcher has [{string.Join(", ", watcher.Records.Except(expected))}] that {live.Id} does not, and lacks " +
                    $"[{string.Join(", ", expected.Except(watcher.Records))}]");
            }
        }
    }

    private List<SimNode> Recording() => [.. _nodes.Where(node => node.IsUp && node.Replica.IsReady && node.Replica.IsRecording)];
}
