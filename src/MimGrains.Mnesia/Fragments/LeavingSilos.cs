using System.Collections.Concurrent;

namespace MimGrains.Mnesia.Fragments;

/// <summary>The silo incarnations that are stopping and open no more fragments, as far as this silo has heard. Thread-safe.</summary>
/// <remarks>Membership says so later: until a silo has closed its tables, it counts as active.</remarks>
internal sealed class LeavingSilos
{
    private readonly ConcurrentDictionary<SiloAddress, bool> _silos = [];

    public void Add(SiloAddress silo) => _silos[silo] = true;

    public bool Contains(SiloAddress silo) => _silos.ContainsKey(silo);
}
