namespace MimGrains.Simulation;

internal sealed partial class SimCluster
{
    private void Leave(SimNode node)
    {
        // The last one that holds all records would take them with it.
        if (!_nodes.Exists(other => other != node && other.CountsAsReady) || !node.TryLeave())
        {
            return;
        }

        Scheduler.Log($"{node.Id} gives the table up");
        NoteLoss();
        Scheduler.After(Random.Between(1_000, 200_000), () =>
        {
            if (node is { IsUp: true, IsAbsent: true })
            {
                Return(node);
            }
        });
    }

    private void Return(SimNode node)
    {
        Scheduler.Log($"{node.Id} takes the table up again");
        node.Return(
            _nodes.Where(other => other != node && !other.IsDeclaredDead).Select(other => other.Id),
            _nodes.Where(other => other != node && other.IsDeclaredDead).Select(other => other.Id));
    }
}
