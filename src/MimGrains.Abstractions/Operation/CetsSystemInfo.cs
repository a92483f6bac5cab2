namespace MimGrains.Operation;

/// <summary>
/// Whether the nodes of the cluster hold the same replicated tables, as one silo sees it. Nodes are named as in the
/// configuration; all lists are ascending.
/// </summary>
/// <remarks>The twelve fields of MongooseIM's <c>cets systemInfo</c>, with the meaning of esl/cets <c>src/cets_status.erl</c>.</remarks>
[GenerateSerializer, Immutable, Alias("mimgrains.cets-system-info")]
public sealed record CetsSystemInfo
{
    /// <summary>Returns the nodes that are alive and hold replicated tables; this one included.</summary>
    [Id(0)]
    public required IReadOnlyList<string> AvailableNodes { get; init; }

    /// <summary>Returns the nodes that discovery knows and that are not alive.</summary>
    [Id(1)]
    public required IReadOnlyList<string> UnavailableNodes { get; init; }

    /// <summary>Returns the nodes that replicate every table of this one with it; this one included.</summary>
    [Id(2)]
    public required IReadOnlyList<string> JoinedNodes { get; init; }

    /// <summary>Returns the nodes that discovery knows.</summary>
    [Id(3)]
    public required IReadOnlyList<string> DiscoveredNodes { get; init; }

    /// <summary>Returns the nodes that are alive and do not answer for replicated tables.</summary>
    [Id(4)]
    public required IReadOnlyList<string> RemoteNodesWithoutDisco { get; init; }

    /// <summary>Returns the nodes that hold a table which this one does not.</summary>
    [Id(5)]
    public required IReadOnlyList<string> RemoteNodesWithUnknownTables { get; init; }

    /// <summary>Returns those tables.</summary>
    [Id(6)]
    public required IReadOnlyList<string> RemoteUnknownTables { get; init; }

    /// <summary>Returns the available nodes that do not hold a table which this one does.</summary>
    [Id(7)]
    public required IReadOnlyList<string> RemoteNodesWithMissingTables { get; init; }

    /// <summary>Returns those tables.</summary>
    [Id(8)]
    public required IReadOnlyList<string> RemoteMissingTables { get; init; }

    /// <summary>Returns the nodes that replicate a table of this one with other nodes than this one does.</summary>
    [Id(9)]
    public required IReadOnlyList<string> ConflictNodes { get; init; }

    /// <summary>Returns those tables.</summary>
    [Id(10)]
    public required IReadOnlyList<string> ConflictTables { get; init; }

    /// <summary>Returns whether the last look at the source of the nodes succeeded.</summary>
    [Id(11)]
    public required bool DiscoveryWorks { get; init; }
}
