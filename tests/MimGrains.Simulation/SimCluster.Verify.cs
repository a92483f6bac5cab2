using MimGrains.Core.Identity;
using MimGrains.Core.Verify;

namespace MimGrains.Simulation;

internal sealed partial class SimCluster
{
    private const int ReplicasForAMajority = 3;

    private readonly HashSet<(ReplicaId Node, SimKey Key)> _damaged = [];
    private readonly HashSet<SimKey> _named = [];

    /// <summary>Whether what comparisons find is mended.</summary>
    public bool Repairs { get; init; }

    /// <summary>How many comparisons came to their end.</summary>
    public int PassesDone => _nodes.Sum(node => node.PassesDone);

    /// <summary>How many keys they looked at.</summary>
    public int KeysLookedAt => _nodes.Sum(node => node.KeysLookedAt);

    /// <summary>How many records were damaged.</summary>
    public int DamagedCount => _damaged.Count;

    private bool IsDamaging => Fault is Fault.RecordIsLost or Fault.RecordIsOutdated or Fault.DeleteIsLost;

    /// <summary>A comparison has ended: it names what was damaged, and nothing else.</summary>
    public void OnCompared(SimNode node, Verification verification)
    {
        foreach (var difference in verification.Differences)
        {
            var key = node.Replica.DecodeKey(difference.Key);
            var text = string.Join(", ", difference.Held.Select(held => $"{held.Key}: {held.Value}"));
            Scheduler.Log($"{node.Id} finds that {key} differs: {text}");
            _named.Add(key);
            if (!_damaged.Any(damage => damage.Key == key))
            {
                throw new InvariantException($"{node.Id} finds that {key} differs, but nothing is wrong with it: {text}");
            }
        }
    }

    private void Compare()
    {
        if (_nodes.Where(node => node.IsUp).ToList() is { Count: > 0 } up)
        {
            Random.Pick(up).StartPass(Repairs);
        }

        Scheduler.After(Random.Between(10_000, 80_000), Compare);
    }

    // All is quiet: every difference from now on is damage.
    private void DamageSome()
    {
        var live = _nodes.Where(node => node.CountsAsReady).ToList();
        if (live.Count < ReplicasForAMajority)
        {
            return;
        }

        var node = Random.Pick(live);
        foreach (var key in _history.Keys.Where(_ => Random.Chance(40)).ToList())
        {
            if (_history.Damage(node, key, Fault))
            {
                Scheduler.Log($"{node.Id}: {key} is damaged");
                _damaged.Add((node.Id, key));
            }
        }
    }

    private void CheckDamage()
    {
        if (Repairs && _damaged.Select(damage => damage.Key).Except(_named).ToList() is { Count: > 0 } missed)
        {
            throw new InvariantException($"No comparison found that [{string.Join(", ", missed)}] are damaged.");
        }
    }
}
