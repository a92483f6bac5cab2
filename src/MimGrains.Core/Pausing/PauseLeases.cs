using MimGrains.Core.Identity;

namespace MimGrains.Core.Pausing;

// pause called on a silo -> it counts its list anew, tells it to every other one, and to whoever joins in the answer to its hello
// -> told again and again -> lifted: the list without it is told; who hears nothing for a lease, or of the silo's death, lifts it too.
/// <summary>
/// The pauses of one table as one silo knows them: of each silo the list that it has told last. Writers wait while there is any.
/// </summary>
/// <typeparam name="TPause">One pause.</typeparam>
/// <remarks>
/// Invariant: of two lists of a silo the one with the greater version counts, in whatever order they come; of a dead one none
/// does. Not thread-safe.
/// </remarks>
public sealed class PauseLeases<TPause>
{
    private readonly SortedDictionary<ReplicaId, Told> _bySilo = [];
    private readonly HashSet<ReplicaId> _dead = [];

    /// <summary>Returns whether writers have to wait.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Returns all pauses, those of one silo in the order of its list.</summary>
    public IReadOnlyList<TPause> All => [.. _bySilo.Values.SelectMany(told => told.Pauses)];

    /// <summary>Returns the list of one silo with its version; version 0 when it has told none.</summary>
    public (long Version, IReadOnlyList<TPause> Pauses) Of(ReplicaId silo) =>
        _bySilo.TryGetValue(silo, out var told) ? (told.Version, told.Pauses) : (0, []);

    /// <summary>A silo tells all pauses that were called on it.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="version">Greater than with every other list that it has told before.</param>
    /// <param name="pauses">May be empty.</param>
    /// <param name="now">A time that only grows, of any unit.</param>
    /// <returns>Whether it is another list than before.</returns>
    public bool Take(ReplicaId silo, long version, IReadOnlyList<TPause> pauses, long now)
    {
        ArgumentNullException.ThrowIfNull(pauses);
        var isKnown = _bySilo.TryGetValue(silo, out var told);
        if (_dead.Contains(silo) || (isKnown && version < told!.Version))
        {
            return false;
        }

        _bySilo[silo] = new Told(version, pauses, now);
        Show();
        return !(isKnown ? told!.Pauses : []).SequenceEqual(pauses);
    }

    /// <summary>A silo is dead, or does not hold the table any more: its pauses end.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="isDead">Whether nothing that it tells counts any more.</param>
    public void End(ReplicaId silo, bool isDead)
    {
        _bySilo.Remove(silo);
        if (isDead)
        {
            _dead.Add(silo);
        }

        Show();
    }

    /// <summary>Lifts the pauses of other silos that were not told again since a time.</summary>
    /// <returns>Those silos, ascending.</returns>
    public IReadOnlyList<ReplicaId> Lapse(ReplicaId self, long since)
    {
        List<ReplicaId> lapsed = [];
        foreach (var (silo, told) in _bySilo)
        {
            if (silo != self && told.Pauses.Count > 0 && told.At < since)
            {
                lapsed.Add(silo);
            }
        }

        // The version stays: a list that comes late is still an old one.
        lapsed.ForEach(silo => _bySilo[silo] = _bySilo[silo] with { Pauses = [] });
        Show();
        return lapsed;
    }

    private void Show() => IsPaused = _bySilo.Values.Any(told => told.Pauses.Count > 0);

    private sealed record Told(long Version, IReadOnlyList<TPause> Pauses, long At);
}
