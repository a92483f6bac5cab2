using System.Buffers;

namespace MimGrains.Core.Log;

/// <summary>Turns a key, and the record of an insert, into bytes and back. Called from many threads at once.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
public interface IOperationCodec<TKey, TRecord>
    where TRecord : class
{
    /// <summary>Writes a key, and a record unless it is null.</summary>
    void Encode(TKey key, TRecord? record, IBufferWriter<byte> output);

    /// <summary>Reads what <see cref="Encode"/> wrote; a record is there unless <paramref name="isDelete"/>.</summary>
    void Decode(ReadOnlyMemory<byte> body, bool isDelete, out TKey key, out TRecord? record);
}
