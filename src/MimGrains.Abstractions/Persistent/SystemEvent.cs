namespace MimGrains.Persistent;

/// <summary>What happens to a cluster and its persistent tables.</summary>
public enum SystemEventKind
{
    /// <summary>All that is told of the time before the watch was told.</summary>
    Synced = 0,

    /// <summary>A silo is active: <c>mnesia_up</c>.</summary>
    SiloUp = 1,

    /// <summary>A silo is not active any more: <c>mnesia_down</c>.</summary>
    SiloDown = 2,

    /// <summary>A persistent table can be read on this silo.</summary>
    TableLoaded = 3,

    /// <summary>A table, or an index, was added while the cluster runs.</summary>
    SchemaAdded = 4,

    /// <summary>A table, or an index, was removed while the cluster runs.</summary>
    SchemaRemoved = 5,

    /// <summary>
    /// Silos hold different records of a table: <c>inconsistent_database</c>. What differs is mended now.
    /// </summary>
    InconsistencyFound = 6,

    /// <summary>Records of a table were mended.</summary>
    InconsistencyRepaired = 7,

    /// <summary>
    /// Writers of a table wait, as too much is on its way to silos that do not answer: <c>mnesia_overload</c>.
    /// </summary>
    Overload = 8,
}

/// <summary>Something that happened to the cluster or a persistent table, as a silo sees it.</summary>
/// <param name="Kind">What.</param>
/// <param name="At">When this silo noticed it.</param>
/// <param name="Table">The table; null where it is about none.</param>
/// <param name="Silo">The silo, as <c>SiloAddress.ToParsableString()</c>; null where it is about none.</param>
/// <param name="Detail">More, in words; may be empty.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.system-event")]
public sealed record SystemEvent(
    [property: Id(0)] SystemEventKind Kind,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] string? Table,
    [property: Id(3)] string? Silo,
    [property: Id(4)] string Detail);
