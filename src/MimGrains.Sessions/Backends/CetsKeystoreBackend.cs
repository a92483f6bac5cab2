using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;

namespace MimGrains.Backends;

/// <summary>A key.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.keystore-key")]
internal sealed record KeystoreKey([property: Id(0)] byte[] Key);

internal sealed class CetsKeystoreBackend(
    [FromKeyedServices(CetsKeystoreBackend.Name)] IReplicatedTable<KeystoreId, KeystoreKey> table) : IKeystoreBackend
{
    public const string Name = "keystore";

    public static TableDefinition<KeystoreId, KeystoreKey> Definition { get; } = new(Name) { NodeDown = NodeDownRule.Keep };

    public async ValueTask<ReadOnlyMemory<byte>> GetOrAddAsync(
        KeystoreId id, ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id.Name);
        var result = await table.InsertNewOrLookupAsync(id, new KeystoreKey(key.ToArray()), cancellationToken).ConfigureAwait(false);
        return result.Record.Key;
    }

    public ValueTask<ReadOnlyMemory<byte>?> FindAsync(KeystoreId id, CancellationToken cancellationToken = default) =>
        new(table.TryGet(id, out var found) ? found.Key : default(ReadOnlyMemory<byte>?));
}
