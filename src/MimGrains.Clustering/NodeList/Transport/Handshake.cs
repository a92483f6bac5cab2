using System.Security.Cryptography;

namespace MimGrains.Clustering.NodeList;

// caller: Hello(cluster, caller, callee, nonce) -> callee: Challenge(nonce) -> caller: CallerProof -> callee: CalleeProof
/// <summary>One handshake between two nodes that hold the same secret, as both of them compute it.</summary>
/// <remarks>
/// Every proof and key comes from the secret and from the whole transcript: version, cluster, both names, both nonces. So a
/// proof is of no use in another direction, to another node, in another cluster or a second time. The caller proves first: a
/// stranger who calls learns nothing to guess at. Pure but for <see cref="NewNonce"/>.
/// </remarks>
internal sealed class Handshake
{
    /// <summary>Length of a nonce in bytes.</summary>
    public const int NonceBytes = 32;

    /// <summary>Length of a proof in bytes.</summary>
    public const int ProofBytes = HMACSHA256.HashSizeInBytes;

    private readonly SharedSecret _secret;
    private readonly byte[] _transcript;

    public Handshake(SharedSecret secret, Hello hello, ReadOnlySpan<byte> calleeNonce)
    {
        var writer = new WireWriter();
        hello.Write(writer);
        writer.WriteFixed(calleeNonce);
        _secret = secret;
        _transcript = writer.ToArray();
        CallerProof = _secret.Derive("proof of the caller", _transcript);
    }

    /// <summary>Returns what shows that the caller has the secret.</summary>
    public byte[] CallerProof { get; }

    /// <summary>Returns what shows that the callee has the secret, once the caller has shown it.</summary>
    public byte[] CalleeProof() => _secret.Derive("proof of the callee", _transcript);

    /// <summary>Returns the keys of the messages that follow.</summary>
    public MessageKeys Keys() =>
        new(_secret.Derive("requests", _transcript), _secret.Derive("replies", _transcript));

    /// <summary>Returns fresh random bytes.</summary>
    public static byte[] NewNonce() => RandomNumberGenerator.GetBytes(NonceBytes);

    /// <summary>Compares two proofs in a time that does not depend on them.</summary>
    public static bool Matches(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> found) =>
        CryptographicOperations.FixedTimeEquals(expected, found);
}
