namespace MimGrains.Operation;

/// <summary>A node of the cluster, as one silo sees it.</summary>
/// <param name="Name">The node, as in the configuration.</param>
/// <param name="Number">Its small number; null if it has none, or discovery does not know it.</param>
/// <param name="Silo">Its living incarnation, as <c>SiloAddress.ToParsableString()</c>; null if there is none.</param>
/// <param name="Status">What membership says of that, such as <c>Active</c>; <c>Absent</c> if there is none.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.cluster-node")]
public sealed record ClusterNode(
    [property: Id(0)] string Name,
    [property: Id(1)] int? Number,
    [property: Id(2)] string? Silo,
    [property: Id(3)] string Status);

/// <summary>What a comparison of all replicas of a table has found, as text.</summary>
/// <param name="Table">The name of the table.</param>
/// <param name="Silos">The silos that were compared, ascending.</param>
/// <param name="NotCompared">Live silos that did not answer, each with the reason.</param>
/// <param name="Records">How many records the silo with the most of them held.</param>
/// <param name="DifferenceCount">How many keys differ.</param>
/// <param name="DifferingKeys">Some of them, at most <see cref="MaxKeys"/>.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.table-verification")]
public sealed record TableVerification(
    [property: Id(0)] string Table,
    [property: Id(1)] IReadOnlyList<string> Silos,
    [property: Id(2)] IReadOnlyDictionary<string, string> NotCompared,
    [property: Id(3)] long Records,
    [property: Id(4)] int DifferenceCount,
    [property: Id(5)] IReadOnlyList<string> DifferingKeys)
{
    /// <summary>The most keys that are named; all are counted.</summary>
    public const int MaxKeys = 1_000;

    /// <summary>Returns whether all live replicas were compared, and are equal.</summary>
    public bool AreEqual => DifferenceCount == 0 && NotCompared.Count == 0;
}

/// <summary>A change of a table, as text.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Key">The key; empty for <see cref="Tables.TableEventKind.Synced"/> and <see cref="Tables.TableEventKind.OwnerLost"/>.</param>
/// <param name="Old">The record that was there; null if there was none.</param>
/// <param name="New">The record that is there now; null if there is none.</param>
/// <param name="Owner">The silo that is dead, for <see cref="Tables.TableEventKind.OwnerLost"/>.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.table-change-text")]
public sealed record TableChangeText(
    [property: Id(0)] Tables.TableEventKind Kind,
    [property: Id(1)] string Key,
    [property: Id(2)] string? Old,
    [property: Id(3)] string? New,
    [property: Id(4)] string? Owner);
