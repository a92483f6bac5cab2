namespace MimGrains.Persistent;

/// <summary>What a silo knows of a persistent table.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.persistent-table-info")]
public sealed record PersistentTableInfo
{
    /// <summary>Returns the name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Returns the definition in a line: <see cref="PersistentTableDefinition.Describe"/>.</summary>
    [Id(1)]
    public required string Definition { get; init; }

    /// <summary>Returns the type of the keys.</summary>
    [Id(2)]
    public required string KeyType { get; init; }

    /// <summary>Returns the type of the records.</summary>
    [Id(3)]
    public required string RecordType { get; init; }

    /// <summary>Returns what a key may have.</summary>
    [Id(4)]
    public required PersistentTableType Type { get; init; }

    /// <summary>Returns where the records are.</summary>
    [Id(5)]
    public required StorageType Storage { get; init; }

    /// <summary>Returns into how many fragments the table is cut.</summary>
    [Id(6)]
    public required int Fragments { get; init; }

    /// <summary>Returns the version of the form of the records that this silo writes.</summary>
    [Id(7)]
    public required int Version { get; init; }

    /// <summary>
    /// Returns the names of the indexes of this silo's copy, ascending; those that were added while it runs too.
    /// </summary>
    [Id(8)]
    public required IReadOnlyList<string> Indexes { get; init; }

    /// <summary>Returns whether this silo can read it.</summary>
    [Id(9)]
    public required bool IsLoaded { get; init; }

    /// <summary>Returns why this silo cannot read it yet, as far as that is known.</summary>
    [Id(10)]
    public required string? Problem { get; init; }

    /// <summary>Returns how many records the copy of this silo holds; null without a copy.</summary>
    [Id(11)]
    public required long? Records { get; init; }

    /// <summary>
    /// Returns about how many bytes they take in the memory of this silo, with the indexes; null without a copy.
    /// </summary>
    [Id(12)]
    public required long? MemoryBytes { get; init; }

    /// <summary>
    /// Returns the live silos that hold a copy, this one included, ascending; none for what is on disc only.
    /// </summary>
    [Id(13)]
    public required IReadOnlyList<string> Silos { get; init; }

    /// <summary>Returns the keys of Mnesia's <c>table_info</c> that mean something here, in Mnesia's words.</summary>
    /// <remarks>
    /// <c>memory</c> is in bytes, not in words. Keys that mean nothing here are left out: those of checkpoints, of load
    /// order, of
    /// master nodes, of local content, of SNMP, and <c>wild_pattern</c>, <c>cookie</c> and <c>user_properties</c>.
    /// </remarks>
    public IReadOnlyDictionary<string, object> ToMnesia()
    {
        var copies = Storage switch
        {
            StorageType.Ram => "ram_copies",
            StorageType.Disc => "disc_copies",
            _ => "disc_only_copies",
        };
        var keys = new SortedDictionary<string, object>(StringComparer.Ordinal)
        {
            ["access_mode"] = "read_write",
            ["active_replicas"] = Silos,
            ["all"] = Definition,
            ["attributes"] = new[] { "key", "record" },
            ["disc_copies"] = Array.Empty<string>(),
            ["disc_only_copies"] = Array.Empty<string>(),
            ["frag_properties"] = $"n_fragments {Fragments}",
            ["index"] = Indexes,
            ["memory"] = MemoryBytes ?? 0,
            ["ram_copies"] = Array.Empty<string>(),
            ["record_name"] = RecordType,
            ["size"] = Records ?? 0,
            ["storage_type"] = copies,
            ["type"] = Type switch
            {
                PersistentTableType.OrderedSet => "ordered_set",
                PersistentTableType.Bag => "bag",
                _ => "set",
            },
            ["version"] = Version,
            ["where_to_commit"] = Silos,
            ["where_to_read"] = IsLoaded ? "local" : "nowhere",
        };
        keys[copies] = Silos;
        return keys;
    }
}
