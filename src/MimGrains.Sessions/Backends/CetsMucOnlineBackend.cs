using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;

namespace MimGrains.Backends;

/// <summary>All rooms of a host.</summary>
internal readonly record struct MucHostPrefix(string HostType, string Host) : IComparable<MucRoom>
{
    public int CompareTo(MucRoom other)
    {
        var order = string.CompareOrdinal(HostType, other.HostType);
        return order != 0 ? order : string.CompareOrdinal(Host, other.Host);
    }
}

internal sealed class CetsMucOnlineBackend(
    [FromKeyedServices(CetsMucOnlineBackend.Name)] IReplicatedTable<MucRoom, ConnectionRef> table) : IMucOnlineBackend
{
    public const string Name = "muc_online_room";

    public static TableDefinition<MucRoom, ConnectionRef> Definition { get; } =
        new(Name) { OwnerOf = static (_, process) => process.Silo };

    public async ValueTask<MucRegistration> RegisterAsync(
        MucRoom room, ConnectionRef process, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(room.Room);
        ArgumentNullException.ThrowIfNull(process);
        var result = await table.InsertNewOrLookupAsync(room, process, cancellationToken).ConfigureAwait(false);
        return new MucRegistration(result.IsNew, result.Record);
    }

    public async ValueTask<bool> RemoveAsync(
        MucRoom room, ConnectionRef process, CancellationToken cancellationToken = default) =>
        await table.CompareAndDeleteAsync(room, process, cancellationToken).ConfigureAwait(false);

    public ValueTask<ConnectionRef?> FindAsync(MucRoom room, CancellationToken cancellationToken = default) =>
        new(table.TryGet(room, out var process) ? process : null);

    public ValueTask<IReadOnlyList<KeyValuePair<MucRoom, ConnectionRef>>> GetOnlineAsync(
        string hostType, string host, CancellationToken cancellationToken = default) =>
        new([.. table.Scan(new MucHostPrefix(hostType, host)).Select(entry => KeyValuePair.Create(entry.Key, entry.Record))]);
}
