using System.Buffers;
using System.Buffers.Binary;
using MimGrains.Core.Log;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

/// <summary>Encodes keys and records as the table's codec does: 4 bytes size of the key, key, record.</summary>
internal sealed class RecordCodec<TKey, TRecord>(ITableCodec<TKey, TRecord> codec) : IOperationCodec<TKey, TRecord>
    where TRecord : class
{
    private const int KeySizeBytes = EncodedBody.KeySizeBytes;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _keyBuffer;

    public void Encode(TKey key, TRecord? record, IBufferWriter<byte> output)
    {
        var buffer = _keyBuffer ??= new ArrayBufferWriter<byte>(256);
        buffer.ResetWrittenCount();
        codec.WriteKey(key, buffer);
        EncodedBody.WriteKey(buffer.WrittenSpan, output);
        if (record is not null)
        {
            codec.WriteRecord(record, output);
        }
    }

    public void Decode(ReadOnlyMemory<byte> body, bool isDelete, out TKey key, out TRecord? record)
    {
        var span = body.Span;
        var keyBytes = span.Length < KeySizeBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(span);
        if (keyBytes < 0 || keyBytes > span.Length - KeySizeBytes)
        {
            throw new InvalidDataException($"A write of {span.Length} bytes says that its key has {keyBytes}.");
        }

        key = codec.ReadKey(span.Slice(KeySizeBytes, keyBytes));
        record = isDelete ? null : codec.ReadRecord(span[(KeySizeBytes + keyBytes)..]);
    }
}

/// <summary>The form of an encoded write.</summary>
internal static class EncodedBody
{
    public const int KeySizeBytes = 4;

    /// <summary>Writes a key that is encoded already; the record, if there is one, follows it as it is.</summary>
    public static void WriteKey(ReadOnlySpan<byte> key, IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(KeySizeBytes), key.Length);
        output.Advance(KeySizeBytes);
        output.Write(key);
    }
}
