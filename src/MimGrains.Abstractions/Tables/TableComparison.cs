namespace MimGrains.Tables;

/// <summary>What a comparison of all replicas of a table has found.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <param name="Table">The name of the table.</param>
/// <param name="Silos">The silos that were compared, ascending; each as <c>SiloAddress.ToParsableString()</c>.</param>
/// <param name="NotCompared">Live silos that did not answer, each with the reason.</param>
/// <param name="Records">How many records the silo with the most of them held.</param>
/// <param name="DifferenceCount">How many keys differ.</param>
/// <param name="Differences">
/// The keys that differ, at most <see cref="MaxDifferences"/>; in no order. What is explained by writes that are under way is
/// not among them.
/// </param>
public sealed record TableComparison<TKey>(
    string Table,
    IReadOnlyList<string> Silos,
    IReadOnlyDictionary<string, string> NotCompared,
    long Records,
    int DifferenceCount,
    IReadOnlyList<KeyDifference<TKey>> Differences)
    where TKey : notnull
{
    /// <summary>The most differences that are named; all are counted.</summary>
    public const int MaxDifferences = 10_000;

    /// <summary>Returns whether all live replicas were compared, and are equal.</summary>
    public bool AreEqual => DifferenceCount == 0 && NotCompared.Count == 0;
}

/// <summary>A key of which silos hold different records.</summary>
/// <param name="Key">The key.</param>
/// <param name="Held">What each silo holds.</param>
public sealed record KeyDifference<TKey>(TKey Key, IReadOnlyList<HeldRecord> Held)
    where TKey : notnull
{
    /// <inheritdoc/>
    public override string ToString() => $"{Key}: {string.Join("; ", Held)}";
}

/// <summary>What one silo holds of a key.</summary>
/// <param name="Silo">The silo.</param>
/// <param name="State">Whether it holds a record.</param>
/// <param name="Origin">The silo that wrote the record, or deleted it; null if nothing is known of the key.</param>
/// <param name="Sequence">The how manyth write of its origin that was; 0 if nothing is known of the key.</param>
/// <param name="Time">When that was, by the hybrid clock; null if nothing is known of the key.</param>
public sealed record HeldRecord(string Silo, HeldState State, string? Origin, long Sequence, DateTimeOffset? Time)
{
    /// <inheritdoc/>
    public override string ToString() => State == HeldState.Nothing
        ? $"{Silo} holds nothing"
        : $"{Silo} {(State == HeldState.Record ? "holds" : "deleted it by")} write {Sequence} of {Origin}";
}

/// <summary>What a silo may know of a key.</summary>
public enum HeldState
{
    /// <summary>Nothing.</summary>
    Nothing = 0,

    /// <summary>It holds a record.</summary>
    Record = 1,

    /// <summary>It was deleted not long ago.</summary>
    Deleted = 2,
}
