namespace MimGrains.Core.Membership;

/// <summary>One silo in the membership table. Immutable.</summary>
public sealed record MembershipRow
{
    /// <summary>Status of a silo that is declared dead, for good.</summary>
    public const int Dead = 6;

    /// <summary>Returns the silo: address, port and generation, as text. Unique in the table.</summary>
    public required string Silo { get; init; }

    /// <summary>Returns when the silo was started: the greater of two of one node is the later one.</summary>
    public required int Generation { get; init; }

    /// <summary>Returns the node's name, <c>name@host</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Returns the name of the silo's machine.</summary>
    public required string HostName { get; init; }

    /// <summary>Returns the silo's status, as a number of Orleans; <see cref="Dead"/> is the last one.</summary>
    public required int Status { get; init; }

    /// <summary>Returns the port for clients; 0 for none.</summary>
    public required int GatewayPort { get; init; }

    /// <summary>Returns the silo's role; may be empty.</summary>
    public string Role { get; init; } = "";

    /// <summary>Returns the silo's update zone.</summary>
    public int UpdateZone { get; init; }

    /// <summary>Returns the silo's fault zone.</summary>
    public int FaultZone { get; init; }

    /// <summary>Returns when the silo was started, in UTC ticks.</summary>
    public required long StartTicks { get; init; }

    /// <summary>Returns when the silo was last alive, in UTC ticks, as of the last change of the row; heartbeats may
    /// say later.</summary>
    public required long AliveTicks { get; init; }

    /// <summary>Returns who suspected the silo to be dead, and when, in UTC ticks.</summary>
    public IReadOnlyList<Suspicion> Suspicions { get; init; } = [];

    /// <summary>Returns the version of the table that wrote the row.</summary>
    public long Version { get; init; }
}

/// <summary>A silo suspects another one to be dead.</summary>
/// <param name="By">The silo that suspects.</param>
/// <param name="Ticks">When, in UTC ticks.</param>
public readonly record struct Suspicion(string By, long Ticks);

/// <summary>A node with its small number.</summary>
/// <param name="Name"><c>name@host</c>.</param>
/// <param name="Number">From 1 on; no two nodes have one number.</param>
/// <param name="Address">The published IP address.</param>
/// <param name="GoneTicks">
/// Since when, in UTC ticks, the node is neither listed nor has a silo that is not dead; null while it is there.
/// </param>
public sealed record NumberedNode(string Name, int Number, string Address, long? GoneTicks);

/// <summary>A silo is about to change rows.</summary>
/// <param name="Silo">The silo.</param>
/// <param name="Number">Tells the reservations of a silo apart.</param>
public readonly record struct Reservation(string Silo, long Number);
