using MimGrains.Core.Consensus;

namespace MimGrains.Core.Membership;

/// <summary>
/// When silos last said that they are alive: each silo writes its own time, everybody keeps the latest that was heard.
/// Not in the
/// register: nobody decides on it. Not thread-safe.
/// </summary>
public sealed class Heartbeats
{
    /// <summary>Of more silos than that the ones that were silent longest are forgotten.</summary>
    public const int MaxSilos = 1_000;

    private readonly SortedDictionary<string, long> _ticks = new(StringComparer.Ordinal);

    /// <summary>Returns the latest time of a silo, in UTC ticks; null if nothing was heard of it.</summary>
    public long? Of(string silo) => _ticks.TryGetValue(silo, out var ticks) ? ticks : null;

    /// <summary>Returns all times, ascending by silo.</summary>
    public IReadOnlyList<Heartbeat> All => [.. _ticks.Select(entry => new Heartbeat(entry.Key, entry.Value))];

    /// <summary>Takes note of what another node has heard; the later time of a silo stays.</summary>
    public void Merge(IEnumerable<Heartbeat> heartbeats)
    {
        ArgumentNullException.ThrowIfNull(heartbeats);
        foreach (var (silo, ticks) in heartbeats)
        {
            _ticks[silo] = Math.Max(ticks, _ticks.GetValueOrDefault(silo, ticks));
        }

        while (_ticks.Count > MaxSilos)
        {
            _ticks.Remove(_ticks.MinBy(entry => entry.Value).Key);
        }
    }
}
