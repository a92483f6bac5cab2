using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using MimGrains.Core.Log;

namespace MimGrains.Cets.Tables;

/// <summary>Writes and reads where a scan goes on: in base64 for URLs, 1 byte version, 4 bytes hash of the table's name, last key.</summary>
internal static class Continuation
{
    private const byte Version = 1;
    private const int HeaderBytes = 5;

    public static string After<TKey, TRecord>(string table, TKey key, IOperationCodec<TKey, TRecord> codec)
        where TRecord : class
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(Header(table));
        codec.Encode(key, null, output);
        return Base64Url.EncodeToString(output.WrittenSpan);
    }

    /// <exception cref="ArgumentException">It is none, or one of another table.</exception>
    public static TKey Read<TKey, TRecord>(string table, string continuation, IOperationCodec<TKey, TRecord> codec)
        where TRecord : class
    {
        Exception? reason = null;
        if (Base64Url.IsValid(continuation) && Base64Url.DecodeFromChars(continuation) is { Length: > HeaderBytes } bytes
            && bytes.AsSpan(0, HeaderBytes).SequenceEqual(Header(table)))
        {
            try
            {
                codec.Decode(bytes.AsMemory(HeaderBytes), isDelete: true, out var key, out _);
                return key;
            }
            catch (Exception exception)
            {
                // Whatever the serializer makes of bytes that are none of its own.
                reason = exception;
            }
        }

        throw new ArgumentException($"This is no continuation of a scan of table {table}: {continuation}", nameof(continuation), reason);
    }

    private static byte[] Header(string table)
    {
        var header = new byte[HeaderBytes];
        header[0] = Version;
        SHA256.HashData(Encoding.UTF8.GetBytes(table)).AsSpan(0, HeaderBytes - 1).CopyTo(header.AsSpan(1));
        return header;
    }
}
