namespace MimGrains.Sessions;

/// <summary>What a session carries besides its key.</summary>
/// <remarks>Immutable: a change is a new record under the same key.</remarks>
[GenerateSerializer, Immutable, Alias("mimgrains.session-record")]
public sealed record SessionRecord
{
    /// <summary>Returns the presence priority; null while no presence was sent.</summary>
    /// <value>-128 to 127, or null.</value>
    [Id(0)]
    public int? Priority { get; init; }

    /// <summary>Returns the peer's IP address, empty if unknown.</summary>
    [Id(1)]
    public string Address { get; init; } = "";

    /// <summary>Returns the peer's port, 0 if unknown.</summary>
    [Id(2)]
    public int Port { get; init; }

    /// <summary>Returns the kind of connection.</summary>
    [Id(3)]
    public ConnectionType Connection { get; init; }

    /// <summary>Returns further information by name; null when there is none.</summary>
    [Id(4)]
    public IReadOnlyDictionary<string, string>? Info { get; init; }

    /// <summary>
    /// Returns the grain or observer that is the connection, as <c>GrainId.ToString()</c>; null when messages cannot be routed to
    /// the session. See <see cref="ISessionConnection"/>.
    /// </summary>
    [Id(5)]
    public string? Target { get; init; }

    /// <summary>Returns a copy that names <paramref name="connection"/> as its connection.</summary>
    /// <param name="connection">A reference to an observer or a grain, or the grain itself.</param>
    public SessionRecord WithConnection(ISessionConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return this with { Target = connection.GetGrainId().ToString() };
    }
}

/// <summary>How a client is connected.</summary>
[GenerateSerializer, Alias("mimgrains.connection-type")]
public enum ConnectionType : byte
{
    /// <summary>Not told.</summary>
    Unknown = 0,

    /// <summary>XMPP over TCP, without TLS.</summary>
    C2s = 1,

    /// <summary>XMPP over TCP with TLS.</summary>
    C2sTls = 2,

    /// <summary>BOSH (XEP-0124).</summary>
    Bosh = 3,

    /// <summary>WebSocket (RFC 7395).</summary>
    WebSocket = 4,
}

/// <summary>A session as a reader sees it.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.session")]
public readonly record struct Session([property: Id(0)] SessionKey Key, [property: Id(1)] SessionRecord Record);
