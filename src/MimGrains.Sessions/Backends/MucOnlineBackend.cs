using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;

namespace MimGrains.Backends;

/// <summary>What all rooms of a host have in common.</summary>
internal readonly record struct MucHost(string HostType, string Host);

internal sealed class MucOnlineBackend(
    [FromKeyedServices(MucOnlineBackend.Name)] IBackendStore<MucRoom, ConnectionRef> table) : IMucOnlineBackend
{
    public const string Name = "muc_online_room";

    private static readonly TableIndex<MucRoom, ConnectionRef, MucHost> s_byHost =
        new("host", static (room, _) => new MucHost(room.HostType, room.Host));

    public static BackendTable<MucRoom, ConnectionRef> Table { get; } =
        new(Name, static (_, process) => process.Silo, indexes: s_byHost);

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
        new([.. table.Lookup(s_byHost, new MucHost(hostType, host)).Select(entry => KeyValuePair.Create(entry.Key, entry.Record))]);
}
