using Microsoft.Extensions.DependencyInjection;

namespace MimGrains.Backends;

internal sealed class BoshBackend(
    [FromKeyedServices(BoshBackend.Name)] IBackendStore<string, ConnectionRef> table) : IBoshBackend
{
    public const string Name = "bosh";

    public static BackendTable<string, ConnectionRef> Table { get; } = new(Name, static (_, socket) => socket.Silo);

    public async ValueTask<bool> TryCreateAsync(
        string sid, ConnectionRef socket, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(sid);
        ArgumentNullException.ThrowIfNull(socket);
        return await table.InsertAllNewAsync([new(sid, socket)], cancellationToken).ConfigureAwait(false) is null;
    }

    public async ValueTask RemoveAsync(string sid, CancellationToken cancellationToken = default)
    {
        if (table.TryGet(sid, out var socket))
        {
            await table.CompareAndDeleteAsync(sid, socket, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask<ConnectionRef?> FindAsync(string sid, CancellationToken cancellationToken = default) =>
        new(table.TryGet(sid, out var socket) ? socket : null);

    public ValueTask<IReadOnlyList<KeyValuePair<string, ConnectionRef>>> GetAllAsync(
        CancellationToken cancellationToken = default) =>
        new([.. table.All().Select(entry => KeyValuePair.Create(entry.Key, entry.Record))]);
}
