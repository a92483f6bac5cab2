using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MimGrains.Clustering.NodeList;

/// <summary>Signs and checks the messages of one session; each message carries its number within the session.</summary>
internal sealed class MessageKeys(byte[] requests, byte[] replies)
{
    /// <summary>Length of a signature in bytes.</summary>
    public const int TagBytes = HMACSHA256.HashSizeInBytes;

    public byte[] TagRequest(ulong number, ReadOnlySpan<byte> body) => Tag(requests, number, body);

    public byte[] TagReply(ulong number, ReadOnlySpan<byte> body) => Tag(replies, number, body);

    private static byte[] Tag(byte[] key, ulong number, ReadOnlySpan<byte> body)
    {
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, number);
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData(prefix);
        mac.AppendData(body);
        return mac.GetHashAndReset();
    }
}
