using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;

namespace MimGrains.Backends;

internal sealed class CetsBoshBackend(
    [FromKeyedServices(CetsBoshBackend.Name)] IReplicatedTable<string, ConnectionRef> table) : IBoshBackend
{
    public const string Name = "bosh";

    public static TableDefinition<string, ConnectionRef> Definition { get; } =
        new(Name) { OwnerOf = static (_, socket) => socket.Silo };

    public async ValueTask<bool> TryCreateAsync(
        string sid, ConnectionRef socket, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(sid);
        ArgumentNullException.ThrowIfNull(socket);
        return await table.InsertNewAsync(sid, socket, cancellationToken).ConfigureAwait(false);
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
        new([.. table.Dump().Select(entry => KeyValuePair.Create(entry.Key, entry.Record))]);
}
