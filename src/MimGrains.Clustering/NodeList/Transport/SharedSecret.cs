using System.Security.Cryptography;
using System.Text;

namespace MimGrains.Clustering.NodeList;

/// <summary>The key that all listed nodes of a cluster hold: MongooseIM's cookie, stretched. Never sent, logged or shown.</summary>
/// <remarks>
/// Stretched, since whoever poses as a listed node is given a proof to guess at: each guess costs as much as this constructor.
/// </remarks>
internal sealed class SharedSecret
{
    /// <summary>Shortest secret that is taken.</summary>
    public const int MinLength = 16;

    private const int Iterations = 100_000;

    private readonly byte[] _key;

    /// <summary>Stretches a secret, which takes tens of milliseconds.</summary>
    public SharedSecret(string secret, string cluster)
        : this(secret, cluster, Iterations)
    {
    }

    internal SharedSecret(string secret, string cluster, int iterations)
    {
        if (secret.Length < MinLength)
        {
            throw new ArgumentException(
                $"The shared secret of cluster {cluster} has {secret.Length} characters; allowed: at least {MinLength}.", nameof(secret));
        }

        _key = Rfc2898DeriveBytes.Pbkdf2(
            secret, Encoding.UTF8.GetBytes($"mimgrains discovery {cluster}"), iterations, HashAlgorithmName.SHA256, HMACSHA256.HashSizeInBytes);
    }

    /// <summary>Returns a key or a proof for one purpose and one handshake.</summary>
    public byte[] Derive(string purpose, ReadOnlySpan<byte> transcript) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, HMACSHA256.HashSizeInBytes, transcript.ToArray(), Encoding.ASCII.GetBytes(purpose));

    public override string ToString() => nameof(SharedSecret);
}
