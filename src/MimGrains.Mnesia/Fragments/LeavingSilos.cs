using System.Collections.Concurrent;

namespace MimGrains.Mnesia.Fragments;

/// <summary>The silo incarnations that are stopping and open no more fragments, as far as this silo has heard. Thread-safe.</summary>
/// <param name="statusOf">What membership says of a silo.</param>
/// <remarks>
/// Membership says so later: until a silo has closed its tables, it counts as active. From then on nothing is placed there anyway,
/// and it is not kept here any more.
/// </remarks>
internal sealed class LeavingSilos(Func<SiloAddress, SiloStatus> statusOf)
{
    private readonly ConcurrentDictionary<SiloAddress, bool> _silos = [];

    /// <summary>How many are kept.</summary>
    internal int Count => _silos.Count;

    public void Add(SiloAddress silo)
    {
        foreach (var known in _silos.Keys.Where(known => statusOf(known).IsTerminating()))
        {
            _silos.TryRemove(known, out _);
        }

        _silos[silo] = true;
    }

    public bool Contains(SiloAddress silo) => _silos.ContainsKey(silo);
}
