namespace MimGrains.Backends;

/// <summary>A room of a multi-user chat.</summary>
/// <param name="HostType">The host type of the server.</param>
/// <param name="Host">Domain of the rooms.</param>
/// <param name="Room">Name of the room.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.muc-room")]
public readonly record struct MucRoom(
    [property: Id(0)] string HostType, [property: Id(1)] string Host, [property: Id(2)] string Room) : IComparable<MucRoom>
{
    /// <summary>Compares by host type, host and room, by code point.</summary>
    public int CompareTo(MucRoom other)
    {
        var order = string.CompareOrdinal(HostType, other.HostType);
        order = order != 0 ? order : string.CompareOrdinal(Host, other.Host);
        return order != 0 ? order : string.CompareOrdinal(Room, other.Room);
    }
}

/// <summary>What became of the registration of a room.</summary>
/// <param name="IsNew">Whether it was registered.</param>
/// <param name="Online">What serves the room: the one that was given, or the one that was there.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.muc-registration")]
public readonly record struct MucRegistration([property: Id(0)] bool IsNew, [property: Id(1)] ConnectionRef Online);

/// <summary>Which rooms are online, and where: <c>modules.mod_muc.online_backend</c>.</summary>
/// <remarks>
/// Follows MongooseIM's <c>mod_muc_online_backend</c>. A room is served once in the cluster: of two that are registered at once one
/// wins, and the other is told by whom. The rooms of a dead silo go by themselves. All members may be called from any thread.
/// </remarks>
public interface IMucOnlineBackend
{
    /// <summary>Registers a room, unless it is online.</summary>
    ValueTask<MucRegistration> RegisterAsync(
        MucRoom room, ConnectionRef process, CancellationToken cancellationToken = default);

    /// <summary>Removes a room, if it is <paramref name="process"/> that serves it.</summary>
    /// <returns>Whether it was.</returns>
    ValueTask<bool> RemoveAsync(MucRoom room, ConnectionRef process, CancellationToken cancellationToken = default);

    /// <summary>Returns what serves a room; null when it is not online.</summary>
    ValueTask<ConnectionRef?> FindAsync(MucRoom room, CancellationToken cancellationToken = default);

    /// <summary>Returns the rooms of a host that are online, ascending by name.</summary>
    ValueTask<IReadOnlyList<KeyValuePair<MucRoom, ConnectionRef>>> GetOnlineAsync(
        string hostType, string host, CancellationToken cancellationToken = default);
}
