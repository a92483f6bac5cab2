namespace MimGrains.Core.Identity;

/// <summary>Names a node: what the operator lists. It survives a restart of the silo.</summary>
/// <param name="Value"><c>name@host</c>, without ports.</param>
public readonly record struct NodeName(string Value) : IComparable<NodeName>
{
    /// <summary>Compares by code points, so the same on every node.</summary>
    public int CompareTo(NodeName other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
