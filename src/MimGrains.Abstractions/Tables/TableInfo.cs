namespace MimGrains.Tables;

/// <summary>The state of a table on one silo, for operators.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.table-info")]
public sealed record TableInfo
{
    /// <summary>Returns the name of the table.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Returns the silo, as <c>SiloAddress.ToParsableString()</c>.</summary>
    [Id(1)]
    public required string Silo { get; init; }

    /// <summary>Returns the definition: key and record types, and its rules.</summary>
    [Id(2)]
    public required string Definition { get; init; }

    /// <summary>Returns whether the replica holds all records.</summary>
    [Id(3)]
    public required bool IsReady { get; init; }

    /// <summary>Returns how many records there are.</summary>
    [Id(4)]
    public required long Records { get; init; }

    /// <summary>Returns about how much memory they take, with the indexes; from the encoded size of some of them.</summary>
    [Id(5)]
    public required long MemoryBytes { get; init; }

    /// <summary>Returns how many deletes are remembered until no older write can come.</summary>
    [Id(6)]
    public required int Tombstones { get; init; }

    /// <summary>Returns the other live silos that hold the table, ascending.</summary>
    [Id(7)]
    public required IReadOnlyList<string> OtherSilos { get; init; }

    /// <summary>Returns how many writes of this silo some other one has not applied yet.</summary>
    [Id(8)]
    public required long PendingWrites { get; init; }

    /// <summary>Returns how many bytes of writes are kept for them.</summary>
    [Id(9)]
    public required long LogBytes { get; init; }

    /// <summary>Returns when a write on this silo returns.</summary>
    [Id(10)]
    public required WriteConcern WriteConcern { get; init; }

    /// <summary>Returns who has paused the table, oldest first; writes wait while there is any.</summary>
    [Id(11)]
    public required IReadOnlyList<TablePause> Pauses { get; init; }

    /// <summary>Returns the last silos that died, oldest first; at most 32.</summary>
    [Id(12)]
    public required IReadOnlyList<NodeDownEntry> NodeDownHistory { get; init; }

    /// <summary>Returns how often a function of the definition did what it must not.</summary>
    [Id(13)]
    public required long Faults { get; init; }

    /// <summary>Returns what it did last; null if it never did.</summary>
    [Id(14)]
    public required string? LastFault { get; init; }

    /// <summary>Returns the silo that leads the table, as far as this one knows; null when nobody has been asked to, or it is gone.</summary>
    [Id(15)]
    public required string? Leader { get; init; }
}

/// <summary>Says who keeps the writers of a table waiting.</summary>
/// <param name="Id">Unique in the cluster.</param>
/// <param name="Who">Whom the caller named.</param>
/// <param name="Silo">The silo where the pause was called; when it dies, the pause is lifted.</param>
/// <param name="Since">Since when.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.table-pause")]
public sealed record TablePause(
    [property: Id(0)] Guid Id,
    [property: Id(1)] string Who,
    [property: Id(2)] string Silo,
    [property: Id(3)] DateTimeOffset Since);
