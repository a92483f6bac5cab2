using MimGrains.Core.Watch;

namespace MimGrains.Simulation;

/// <summary>
/// Reads changes of one replica, now and then goes on at another one, and keeps what it makes of them. In the end it has what
/// the replicas have.
/// </summary>
internal sealed class SimWatcher(SimCluster cluster)
{
    private readonly SortedDictionary<SimKey, string> _records = [];
    private SimNode? _node;
    private WatchPosition? _at;

    /// <summary>How often it went on at another replica without a new list.</summary>
    public int Resumed { get; private set; }

    /// <summary>How often it began with a new list.</summary>
    public int Listed { get; private set; }

    public IReadOnlyDictionary<SimKey, string> Records => _records;

    /// <summary>Reads some changes; or all there are.</summary>
    public void Step(IReadOnlyList<SimNode> ready, bool readsAll)
    {
        if (_node is null || !ready.Contains(_node) || (!readsAll && cluster.Random.Chance(15)))
        {
            if (ready.Count == 0)
            {
                return;
            }

            MoveTo(cluster.Random.Pick(ready));
        }

        do
        {
            List<Change<SimKey, string>> changes = [];
            _at = _node!.Replica.ReadChanges(_at!, (int)cluster.Random.Between(1, 6), changes);
            if (_at is null)
            {
                List(_node);
                return;
            }

            changes.ForEach(Apply);
            readsAll = readsAll && changes.Count > 0;
        }
        while (readsAll);
    }

    private void MoveTo(SimNode node)
    {
        var isOther = _node != node;
        _node = node;
        if (_at is null || (node.Replica.ResumeWatch(_at) ?? AtFault(node)) is not { } resumed)
        {
            List(node);
            return;
        }

        cluster.Scheduler.Log($"the watcher goes on at {node.Id} from {resumed.Next}");
        Resumed += isOther ? 1 : 0;
        _at = resumed;
    }

    private WatchPosition? AtFault(SimNode node) => cluster.Fault == Fault.WatchIsResumedAnywhere ? node.Replica.BeginWatch() : null;

    private void List(SimNode node)
    {
        Listed++;
        _records.Clear();
        _at = node.Replica.BeginWatch();
        foreach (var (key, record) in node.Replica.Capture().All())
        {
            _records.Add(key, record);
        }
    }

    private void Apply(Change<SimKey, string> change)
    {
        if (change.Kind == ChangeKind.OwnerLost)
        {
            return;
        }

        if (change.New is { } record)
        {
            _records[change.Key] = record;
        }
        else
        {
            _records.Remove(change.Key);
        }
    }
}
