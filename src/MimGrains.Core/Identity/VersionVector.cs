namespace MimGrains.Core.Identity;

/// <summary>Names one write and when it was made: unique, and the same on every silo.</summary>
/// <param name="Origin">Who issued it.</param>
/// <param name="Sequence">The how manyth of its origin it is, from 1 on without gaps.</param>
/// <param name="TimeMicros">Its hybrid logical time.</param>
/// <param name="Owner">Whose record it is: the caller of a leader's decision, else the origin.</param>
public readonly record struct WriteStamp(ReplicaId Origin, long Sequence, long TimeMicros, ReplicaId Owner)
{
    /// <summary>Names a write whose record is its origin's.</summary>
    public WriteStamp(ReplicaId origin, long sequence, long timeMicros)
        : this(origin, sequence, timeMicros, origin)
    {
    }

    /// <summary>Returns whether this write stays when both are of one key: later time, then greater origin.</summary>
    public bool Beats(WriteStamp other) => TimeMicros != other.TimeMicros
        ? TimeMicros > other.TimeMicros
        : Origin.CompareTo(other.Origin) > 0;
}

/// <summary>How far the writes of each origin are applied. Immutable.</summary>
public sealed class VersionVector
{
    private readonly Dictionary<ReplicaId, long> _positions;

    /// <summary>Makes a vector; an origin that is not in it is at 0.</summary>
    public VersionVector(IEnumerable<KeyValuePair<ReplicaId, long>> positions) =>
        _positions = positions.Where(position => position.Value > 0).ToDictionary();

    /// <summary>Returns the vector of nothing.</summary>
    public static VersionVector Empty { get; } = new([]);

    /// <summary>Returns the origins whose writes are covered, and up to which one; in no order.</summary>
    public IReadOnlyCollection<KeyValuePair<ReplicaId, long>> Positions => _positions;

    /// <summary>Returns the last write of an origin that is covered; 0 for none.</summary>
    public long Of(ReplicaId origin) => _positions.GetValueOrDefault(origin);

    /// <summary>Returns whether a write is covered.</summary>
    public bool Covers(WriteStamp stamp) => Of(stamp.Origin) >= stamp.Sequence;

    /// <summary>Returns whether everything that another vector covers is covered.</summary>
    public bool Covers(VersionVector other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other._positions.All(position => Of(position.Key) >= position.Value);
    }

    /// <summary>Returns the least vector that covers what either of two covers.</summary>
    public VersionVector Join(VersionVector other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new(_positions.Concat(other._positions)
            .GroupBy(position => position.Key)
            .Select(group => KeyValuePair.Create(group.Key, group.Max(position => position.Value))));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(
        ", ", _positions.OrderBy(position => position.Key).Select(position => $"{position.Key}={position.Value}"));
}
