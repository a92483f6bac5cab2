using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>Where the records of a persistent table are: the value of a replicated table, by the name of the table.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.table-storage")]
internal sealed record TableStorage
{
    /// <summary>Where the definition wants them, of the silos that have registered the table.</summary>
    [Id(0)]
    public required StorageType Declared { get; init; }

    /// <summary>The definition in a line, of the silo that has registered it first.</summary>
    [Id(1)]
    public required string Definition { get; init; }

    /// <summary>That silo.</summary>
    [Id(2)]
    public required string Silo { get; init; }

    /// <summary>Where they are; null while the database has not been asked. A change does not count before it is settled.</summary>
    [Id(3)]
    public StorageType? Effective { get; init; }

    /// <summary>Whether that was changed while the cluster ran, now or earlier: then it does not matter what definitions say.</summary>
    [Id(4)]
    public bool IsChanged { get; init; }

    /// <summary>Whether the database may have a row for the table although its records are in memory only.</summary>
    [Id(5)]
    public bool HasRow { get; init; }

    /// <summary>The change that is under way; null for none.</summary>
    [Id(6)]
    public StorageChange? Change { get; init; }

    /// <summary>Where records are read now: from a change's decision on where it wants them, though nothing is written there yet.</summary>
    public StorageType Readable => Change is { IsDecided: true } decided ? decided.To : Effective ?? Declared;

    public static TableDefinition<string, TableStorage> Table { get; } = new("mnesia$storage") { NodeDown = NodeDownRule.Keep };
}

/// <summary>A change of the storage of a table.</summary>
/// <param name="Id">Unlike that of any other change.</param>
/// <param name="To">Where the records are to be.</param>
/// <param name="Cookie">Under which their fragments are to be stored, if they were not on disc before; else empty.</param>
/// <param name="Coordinator">The silo incarnation that makes it.</param>
/// <param name="IsDecided">Whether the row of the table says so: there is no way back.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.storage-change")]
internal sealed record StorageChange(
    [property: Id(0)] string Id,
    [property: Id(1)] StorageType To,
    [property: Id(2)] string Cookie,
    [property: Id(3)] string Coordinator,
    [property: Id(4)] bool IsDecided);
