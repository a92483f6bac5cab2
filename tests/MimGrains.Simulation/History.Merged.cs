using MimGrains.Core.Identity;

namespace MimGrains.Simulation;

internal sealed partial class History
{
    /// <summary>All writes of a key.</summary>
    public IReadOnlyList<Operation> Of(SimKey key) => _byKey[key];

    // The siblings that a replica must hold of what it has seen are those that nothing it has seen has replaced.
    private string? MergedContradiction(SimNode node, SimKey key, Operation? seen)
    {
        var held = node.Replica.WritesOf(key);
        foreach (var (origin, sequence, timeMicros, record) in held)
        {
            var write = Find(origin, sequence);
            if (write.Key != key || write.Record != record || write.TimeMicros != timeMicros)
            {
                return $"{node.Id} holds {record} of {key} by {sequence} of {origin}, but that was {write}.";
            }
        }

        if (held.Zip(held.Skip(1)).Any(pair => !Find(pair.First.Origin, pair.First.Sequence)
            .IsBeatenBy(pair.Second.Origin, pair.Second.TimeMicros)))
        {
            return $"{node.Id} holds siblings of {key} out of order: [{string.Join(", ", held)}].";
        }

        var shown = node.Replica.TryGet(key, out var visible) ? visible : null;
        var expected = held.Count == 0 ? null : held.Select(sibling => sibling.Record).Aggregate(SimTable.Resolve);
        if (shown != expected)
        {
            return $"{node.Id} shows {shown} of {key}, but its siblings make {expected}.";
        }

        return seen is null ? null : MergedLoss(node, held, seen);
    }

    private string? MergedLoss(
        SimNode node, IReadOnlyList<(ReplicaId Origin, long Sequence, long TimeMicros, string Record)> held, Operation seen)
    {
        foreach (var sibling in held)
        {
            if (seen.Replaced.Contains((sibling.Origin, sibling.Sequence)))
            {
                return $"{node.Id} holds {sibling} of {seen.Key}, but must have seen that {seen} replaced it.";
            }
        }

        if (LeavesNothing(seen) || held.Any(sibling => sibling.Origin == seen.Origin && sibling.Sequence == seen.Sequence))
        {
            return null;
        }

        // Of a dead origin a replica that joined late counts as applied only what was in its dump, and may have more.
        return _byKey[seen.Key].Exists(later => later.Replaced.Contains((seen.Origin, seen.Sequence))
                && (node.Replica.AppliedOf(later.Origin) >= later.Sequence || node.Replica.IsDead(later.Origin)))
            ? null
            : $"{node.Id} holds only [{string.Join(", ", held)}] of {seen.Key}, but must have seen {seen}.";
    }
}
