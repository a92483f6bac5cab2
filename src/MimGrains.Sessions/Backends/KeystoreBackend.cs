using Microsoft.Extensions.DependencyInjection;

namespace MimGrains.Backends;

/// <summary>A key.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.keystore-key")]
internal sealed record KeystoreKey([property: Id(0)] byte[] Key);

internal sealed class KeystoreBackend(
    [FromKeyedServices(KeystoreBackend.Name)] IBackendStore<KeystoreId, KeystoreKey> table) : IKeystoreBackend
{
    public const string Name = "keystore";

    public static BackendTable<KeystoreId, KeystoreKey> Table { get; } = new(Name);

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
