namespace MimGrains.Backends;

/// <summary>Names a key.</summary>
/// <param name="HostType">The host type that it is for.</param>
/// <param name="Name">What it is for.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.keystore-id")]
public readonly record struct KeystoreId([property: Id(0)] string HostType, [property: Id(1)] string Name)
    : IComparable<KeystoreId>
{
    /// <summary>Compares by host type and name, by code point.</summary>
    public int CompareTo(KeystoreId other)
    {
        var order = string.CompareOrdinal(HostType, other.HostType);
        return order != 0 ? order : string.CompareOrdinal(Name, other.Name);
    }
}

/// <summary>Keys that are made anew when the cluster starts, the same on all silos: the RAM keys of <c>mod_keystore</c>.</summary>
/// <remarks>Follows MongooseIM's <c>mod_keystore_backend</c>. All members may be called from any thread. Keys are never logged.</remarks>
public interface IKeystoreBackend
{
    /// <summary>Offers a key and returns the one that counts: the first.</summary>
    ValueTask<ReadOnlyMemory<byte>> GetOrAddAsync(
        KeystoreId id, ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default);

    /// <summary>Returns a key; null when there is none.</summary>
    ValueTask<ReadOnlyMemory<byte>?> FindAsync(KeystoreId id, CancellationToken cancellationToken = default);
}
