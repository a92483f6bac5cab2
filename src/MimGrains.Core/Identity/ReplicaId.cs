namespace MimGrains.Core.Identity;

/// <summary>Names one incarnation of a silo, and so its replica of every table.</summary>
/// <param name="Value">The silo's address with its generation, as <c>SiloAddress.ToParsableString()</c>. Never reused.</param>
public readonly record struct ReplicaId(string Value) : IComparable<ReplicaId>
{
    /// <summary>Compares by code points, so the same on every silo.</summary>
    public int CompareTo(ReplicaId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>Names one write: the <paramref name="Sequence"/>-th of its origin, counted from 1 without gaps.</summary>
public readonly record struct Dot(ReplicaId Origin, long Sequence);
