using MimGrains.Core.Identity;
using MimGrains.Core.Verify;

namespace MimGrains.Simulation;

/// <summary>One write that a replica took.</summary>
internal sealed record Operation(SimKey Key, string? Record, ReplicaId Origin, long Sequence, long TimeMicros)
{
    /// <summary>Every replica that its origin knew had applied it.</summary>
    public bool IsAcknowledged { get; set; }

    /// <summary>Who had applied it when its origin counted it as applied by a majority, and how often each had given the table up.</summary>
    public IReadOnlyList<(SimNode Node, int Stay)> Holders { get; set; } = [];

    /// <summary>How often all replicas that held everything had died before it.</summary>
    public int Generation { get; init; }

    public WriteStamp Stamp => new(Origin, Sequence, TimeMicros, Owner);

    /// <summary>Whose record it is.</summary>
    public ReplicaId Owner { get; init; } = Origin;

    /// <summary>False for a leader's decision that changed nothing.</summary>
    public bool HasEffect { get; init; } = true;

    /// <summary>How often its origin had given the table up before it.</summary>
    public int Stay { get; init; }

    /// <summary>In a table that merges: the writes of its key that its origin had.</summary>
    public IReadOnlyList<(ReplicaId Origin, long Sequence)> Replaced { get; init; } = [];

    public bool IsBeatenBy(ReplicaId origin, long timeMicros) =>
        timeMicros > TimeMicros || (timeMicros == TimeMicros && origin.CompareTo(Origin) >= 0);
}

/// <summary>All writes of a run: the model that replicas are compared with.</summary>
internal sealed partial class History(TableKind kind, Func<string, bool> isDead)
{
    private readonly Dictionary<(ReplicaId, long), Operation> _byDot = [];
    private readonly SortedDictionary<SimKey, List<Operation>> _byKey = [];

    public IEnumerable<SimKey> Keys => _byKey.Keys;

    public int Count => _byDot.Count;

    public void Add(Operation operation)
    {
        _byDot.Add((operation.Origin, operation.Sequence), operation);
        if (!operation.HasEffect)
        {
            return;
        }

        if (!_byKey.TryGetValue(operation.Key, out var ofKey))
        {
            _byKey.Add(operation.Key, ofKey = []);
        }

        ofKey.Add(operation);
    }

    public Operation Find(ReplicaId origin, long sequence) => _byDot[(origin, sequence)];

    /// <summary>The greatest write of a key among those that no run may lose; null if there is none.</summary>
    public Operation? GreatestOf(SimKey key, Func<Operation, bool> mustBeKnown)
    {
        Operation? greatest = null;
        foreach (var operation in _byKey[key].Where(mustBeKnown))
        {
            if (greatest is null || greatest.IsBeatenBy(operation.Origin, operation.TimeMicros))
            {
                greatest = operation;
            }
        }

        return greatest;
    }

    /// <summary>Says what is wrong with a replica's state of a key if it has seen <paramref name="seen"/>; null if nothing is.</summary>
    public string? Contradiction(SimNode node, SimKey key, Operation? seen)
    {
        if (SimTable.IsMerged(kind))
        {
            return MergedContradiction(node, key, seen);
        }

        var held = node.Replica.WriteOf(key);
        if (node.Replica.TryGet(key, out var record))
        {
            var (origin, sequence, timeMicros) = held!.Value;
            var write = Find(origin, sequence);
            if (write.Record != record || write.TimeMicros != timeMicros)
            {
                return $"{node.Id} holds {record} of {key}, but write {sequence} of {origin} was {write}.";
            }

            return seen is null || seen.IsBeatenBy(origin, timeMicros) ? null : $"{node.Id} holds {write}, older than {seen}.";
        }

        if (held is { } tombstone && seen is not null && !seen.IsBeatenBy(tombstone.Origin, tombstone.TimeMicros))
        {
            return $"{node.Id} has a tombstone {tombstone} of {key}, older than {seen}.";
        }

        return seen is null || _byKey[key].Exists(later => seen.IsBeatenBy(later.Origin, later.TimeMicros) && LeavesNothing(later))
            ? null
            : $"{node.Id} holds nothing of {key}, but must have seen {seen}.";
    }

    /// <summary>Breaks what a replica holds of a key. Returns whether there was something to break.</summary>
    public bool Damage(SimNode node, SimKey key, Fault fault)
    {
        if (SimTable.IsMerged(kind))
        {
            // There is no older record that one could be put in the place of: writes are beside each other.
            return fault == Fault.RecordIsLost && node.Replica.Damage(key, older: null, default);
        }

        var older = _byKey[key].LastOrDefault(operation => operation.Record is not null && !IsOwnerDead(operation)
            && node.Replica.Vector().Covers(operation.Stamp)
            && (node.Replica.WriteOf(key) is not { } held || operation.TimeMicros < held.TimeMicros));
        var stamp = older?.Stamp ?? default;
        return fault switch
        {
            Fault.RecordIsLost => node.Replica.Damage(key, older: null, default),
            Fault.RecordIsOutdated => older is not null && node.Replica.Damage(key, older.Record, stamp),
            Fault.DeleteIsLost => older is not null && node.Replica.WriteOf(key) is null && node.Replica.Mend(new Mending(
                SimCodec.Bytes(key, older.Record), stamp, MendKind.Put, node.Replica.PurgedCount)),
            _ => throw new ArgumentException($"{fault} damages no records."),
        };
    }

    public bool IsOwnerDead(Operation operation) => operation.Record is { } record && kind switch
    {
        TableKind.OwnedByWriter => isDead(operation.Owner.Value),
        TableKind.OwnedByRecord or TableKind.MergedOwnedByRecord => isDead(SimTable.OwnerOf(record)),
        TableKind.KeptForEver or TableKind.MergedKept => false,
        _ => throw new InvalidOperationException($"No such kind of table: {kind}."),
    };

    private bool LeavesNothing(Operation operation) => operation.Record is null || IsOwnerDead(operation);
}
