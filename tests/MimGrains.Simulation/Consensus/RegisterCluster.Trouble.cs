using MimGrains.Core.Consensus;
using MimGrains.Core.Identity;

namespace MimGrains.Simulation.Consensus;

internal sealed partial class RegisterCluster
{
    private readonly List<IReadOnlyList<NodeName>> _lists = [];
    private readonly HashSet<NodeName> _cut = [];

    private void PlanTrouble()
    {
        if (Random.Chance(80))
        {
            Scheduler.After(Random.Between(50_000, 400_000), CrashOne);
        }

        if (Random.Chance(60))
        {
            Scheduler.After(Random.Between(50_000, 400_000), CutSome);
        }

        if (Random.Chance(60))
        {
            Scheduler.After(Random.Between(200_000, 400_000), EditList);
        }
    }

    private void Heal()
    {
        Scheduler.Log($"HEALS with [{string.Join(", ", _lists[^1])}]");
        _isFaulty = false;
        AllowsJumps = true;
        _cut.Clear();
        foreach (var name in _lists[^1])
        {
            Add(name);
        }

        foreach (var node in _nodes.Values)
        {
            node.Listed = _lists[^1];
            node.Disk.IsSlow = false;
            if (!node.IsUp)
            {
                node.Start();
            }
        }
    }

    private bool IsCut(NodeName from, NodeName to) => _cut.Contains(from) != _cut.Contains(to);

    private void CrashOne()
    {
        if (!_isFaulty)
        {
            return;
        }

        if (_nodes.Values.Where(node => node.IsUp).ToList() is { Count: > 0 } up)
        {
            var node = Random.Pick(up);
            node.Crash();
            if (Random.Chance(40))
            {
                LoseStore(node);
            }

            Scheduler.After(Random.Between(1_000, 400_000), () =>
            {
                if (!node.IsUp)
                {
                    node.Start();
                }
            });
        }

        Scheduler.After(Random.Between(20_000, 400_000), CrashOne);
    }

    // A node that takes itself for new is a danger only if so many do that they found a second cluster: no design can
    // tell them
    // from a first one, so the operator must not do that. Any other loss may happen; beyond a quorum nothing goes on
    // then.
    private void LoseStore(RegisterNode node)
    {
        var knows = Random.Chance(50)
            || _lists.Any(list => Configuration.IsQuorumOf(list, name => name == node.Name || LooksNew(name)));
        var accepted = _nodes.Values.Select(other => other.Acceptor).MaxBy(acceptor => acceptor.Accepted);
        var isEnoughLeft = accepted?.Value is { } value
            && value.Configuration.IsQuorum(member => member.Node != node.Name && IsThere(member));
        if (isEnoughLeft || Random.Chance(5))
        {
            node.LoseStore(knows);
        }
    }

    private bool LooksNew(NodeName name) =>
        !_nodes.TryGetValue(name, out var node) || (node.Acceptor.Value is null && !node.Acceptor.IsLost);

    private void CutSome()
    {
        if (!_isFaulty)
        {
            return;
        }

        _cut.Clear();
        if (Random.Chance(60))
        {
            _cut.UnionWith(_nodes.Keys.Where(_ => Random.Chance(40)));
            Scheduler.Log($"CUT [{string.Join(", ", _cut)}]");
        }

        Scheduler.After(Random.Between(20_000, 300_000), CutSome);
    }

    // One line at a time; each node sees it at its own time, or never before all heals.
    private void EditList()
    {
        if (!_isFaulty)
        {
            return;
        }

        // Before the first value is chosen nothing ties two lists together: no edits until then.
        var edited = Edited(_lists[^1]);
        if (History.LatestRevision > 0 && edited.Count > 0 && !Configuration.IsQuorumOf(edited, LooksNew))
        {
            Scheduler.Log($"EDITS [{string.Join(", ", edited)}]");
            _lists.Add(edited);
            foreach (var name in edited.Where(name => !_nodes.ContainsKey(name)))
            {
                Scheduler.After(Random.Between(0, 100_000), () => Add(name));
            }

            foreach (var node in _nodes.Values.Where(_ => Random.Chance(90)))
            {
                Scheduler.After(Random.Between(0, 200_000), () => node.Listed = _isFaulty ? edited : node.Listed);
            }
        }

        Scheduler.After(Random.Between(20_000, 400_000), EditList);
    }

    private List<NodeName> Edited(IReadOnlyList<NodeName> list)
    {
        List<NodeName> edited = [.. list];
        var added = new NodeName($"n{_lists.SelectMany(other => other).Distinct().Count() + 1}");
        var index = (int)Random.Between(0, list.Count - 1);
        switch (Random.Between(1, 4))
        {
            case 1:
                edited.Insert((int)Random.Between(0, list.Count), added);
                break;
            case 2:
                edited.RemoveAt(index);
                break;
            case 3:
                edited[index] = added;
                break;
            default:
                edited.Add(added);
                edited.RemoveAt(index);
                break;
        }

        return edited;
    }
}
