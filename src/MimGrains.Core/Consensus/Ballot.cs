namespace MimGrains.Core.Consensus;

/// <summary>Orders attempts to change the register. Never used for two different values.</summary>
/// <param name="Counter">From 1 on; 0 in <see cref="None"/> alone.</param>
/// <param name="Proposer">Names one run of one proposer; it breaks ties.</param>
public readonly record struct Ballot(long Counter, string Proposer) : IComparable<Ballot>
{
    /// <summary>Before every ballot.</summary>
    public static readonly Ballot None = new(0, "");

    /// <inheritdoc/>
    public int CompareTo(Ballot other) =>
        Counter != other.Counter ? Counter.CompareTo(other.Counter) : string.CompareOrdinal(Proposer, other.Proposer);

    /// <inheritdoc/>
    public override string ToString() => $"{Counter}/{Proposer}";
}
