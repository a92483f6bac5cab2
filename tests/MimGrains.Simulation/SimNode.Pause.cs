using MimGrains.Core.Identity;
using MimGrains.Core.Pausing;

namespace MimGrains.Simulation;

// A pause is called on a node, which tells its list again and again, and in its answers to hellos.
internal sealed partial class SimNode
{
    private const long LeaseMicros = 1_000_000;

    private readonly List<int> _ownPauses = [];
    private readonly HashSet<ReplicaId> _awaitedOfPause = [];
    private PauseLeases<int> _pauses = new();
    private long _pausesVersion;

    /// <summary>Whether writers of this node wait.</summary>
    public bool IsPaused => _pauses.IsPaused;

    /// <summary>Whether a pause was called here, and everybody was told who had to be: nobody takes a write any more.</summary>
    public bool HasPauseInForce => IsUp && !IsDeclaredDead && _ownPauses.Count > 0 && _awaitedOfPause.Count == 0;

    public void Pause(int number)
    {
        _ownPauses.Add(number);
        _awaitedOfPause.UnionWith(Replica.Peers);
        ChangePauses();
    }

    public void Lift(int number)
    {
        if (_ownPauses.Remove(number))
        {
            ChangePauses();
        }
    }

    private void ChangePauses()
    {
        _pauses.Take(Id, ++_pausesVersion, [.. _ownPauses], _cluster.Scheduler.NowMicros);
        foreach (var peer in Replica.Peers)
        {
            TellPauses(peer);
        }
    }

    private void TellPauses(ReplicaId peer)
    {
        var (version, pauses) = _pauses.Of(Id);
        Send(peer, $"pauses {version}: [{string.Join(", ", pauses)}]", to =>
        {
            to.TakePauses(Id, version, pauses);
            to.Send(Id, $"pauses {version} taken", _ => OnPausesTaken(peer, version));
        }, whenAbsent: to => to.Send(Id, "pauses: no table", _ => OnPausesTaken(peer, version)));
    }

    private void TakePauses(ReplicaId from, long version, IReadOnlyList<int> pauses) =>
        _pauses.Take(from, version, pauses, _cluster.Scheduler.NowMicros);

    private void OnPausesTaken(ReplicaId peer, long version)
    {
        if (version == _pausesVersion)
        {
            _awaitedOfPause.Remove(peer);
        }
    }

    private void StepPauses()
    {
        _awaitedOfPause.IntersectWith(Replica.Peers);
        _pauses.Lapse(Id, _cluster.Scheduler.NowMicros - LeaseMicros);

        // Rarely to those who have answered: who joins must not depend on it.
        foreach (var peer in _ownPauses.Count > 0 ? Replica.Peers : [])
        {
            if (_awaitedOfPause.Contains(peer) || Random.Chance(3))
            {
                TellPauses(peer);
            }
        }
    }

    // It does not hold the table any more, and so pauses nobody.
    private void ForgetPauses()
    {
        _ownPauses.Clear();
        _awaitedOfPause.Clear();
        _pauses = new();
    }
}
