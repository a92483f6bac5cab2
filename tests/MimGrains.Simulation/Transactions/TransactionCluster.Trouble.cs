using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;

namespace MimGrains.Simulation.Transactions;

internal sealed partial class TransactionCluster
{
    private readonly Dictionary<FragmentId, SimSilo> _directory = [];
    private readonly Dictionary<FragmentId, FragmentOwners> _owners = [];

    /// <summary>Changes who owns a fragment, in one place; the answer may be lost, never the order.</summary>
    public void Swap(SimSilo from, FragmentId fragment, FragmentOwners? expected, FragmentOwners? next, Action<bool, FragmentOwners> then)
    {
        Scheduler.After(DelayMicros(), () =>
        {
            var found = _owners.GetValueOrDefault(fragment, FragmentOwners.Nobody);
            var isDone = next is not null && expected == found && !from.IsDeclaredDead;
            if (isDone)
            {
                _owners[fragment] = next!;
            }

            if (IsFaulty && Random.Chance(5))
            {
                isDone = false;
            }

            var now = _owners.GetValueOrDefault(fragment, FragmentOwners.Nobody);
            Scheduler.After(DelayMicros(), () =>
            {
                if (from.IsUp)
                {
                    then(isDone, now);
                }
            });
        });
    }

    private SimSilo Join()
    {
        // Ids are not in the order of joining.
        var silo = new SimSilo(this, new ReplicaId($"s{Random.Between(1, 9)}{_silos.Count + 10}"));
        _silos.Add(silo);
        foreach (var dead in _silos.Where(other => other.IsDeclaredDead))
        {
            silo.OnDead(dead.Id);
        }

        Scheduler.Log($"{silo.Id} joins");
        silo.Start();
        return silo;
    }

    private void Disturb()
    {
        if (!IsFaulty)
        {
            return;
        }

        var live = Live();
        if (Random.Chance(50) && live.Count > 1)
        {
            End(Random.Pick(live));
        }

        if (Random.Chance(60) && Live().Count < SilosMost)
        {
            Join();
        }

        if (Random.Chance(50))
        {
            // Elsewhere, although it is still there.
            var fragment = Random.Pick(SimPrograms.Fragments);
            _directory[fragment] = Random.Pick(Live());
            Scheduler.Log($"{fragment} is to be at {_directory[fragment].Id}");
        }

        Scheduler.After(Random.Between(20_000, 150_000), Disturb);
    }

    private void End(SimSilo silo)
    {
        var delay = Random.Between(1_000, 80_000);
        if (Random.Chance(40))
        {
            // Declared dead although it runs: it goes on for a while.
            Declare(silo);
            Scheduler.After(delay * 3, () => Kill(silo));
        }
        else
        {
            Kill(silo);
            Scheduler.After(delay, () => Declare(silo));
        }
    }

    private void Kill(SimSilo silo)
    {
        if (silo.IsUp)
        {
            Scheduler.Log($"{silo.Id} stops");
            silo.IsUp = false;
        }
    }

    private void Declare(SimSilo silo)
    {
        if (silo.IsDeclaredDead)
        {
            return;
        }

        Scheduler.Log($"{silo.Id} is declared dead");
        silo.IsDeclaredDead = true;
        foreach (var witness in _silos.Where(witness => witness != silo && witness.IsUp))
        {
            Scheduler.After(Random.Between(0, IsFaulty ? 60_000 : 1_000), () =>
            {
                if (witness.IsUp)
                {
                    Scheduler.Log($"{witness.Id} learns that {silo.Id} is dead");
                    witness.OnDead(silo.Id);
                }
            });
        }
    }
}
