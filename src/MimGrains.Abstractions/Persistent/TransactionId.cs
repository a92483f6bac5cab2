namespace MimGrains.Persistent;

/// <summary>Names a transaction; unique in the cluster. Printable, may be kept.</summary>
/// <param name="Value">The text.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.transaction-id")]
public readonly record struct TransactionId([property: Id(0)] string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>What became of a transaction.</summary>
public enum TransactionOutcome
{
    /// <summary>It is under way, or nobody who knows can be asked now.</summary>
    Unknown = 0,

    /// <summary>All that it wrote is there.</summary>
    Committed = 1,

    /// <summary>Nothing that it wrote is there.</summary>
    Aborted = 2,
}
