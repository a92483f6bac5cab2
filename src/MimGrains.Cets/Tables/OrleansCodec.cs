using System.Buffers;
using MimGrains.Tables;
using Orleans.Serialization;

namespace MimGrains.Cets.Tables;

/// <summary>Writes keys and records with Orleans' serializer: what a table uses that brings no codec of its own.</summary>
internal sealed class OrleansCodec<TKey, TRecord>(Serializer<TKey> keys, Serializer<TRecord> records) : ITableCodec<TKey, TRecord>
{
    public string Name => "orleans";

    public void WriteKey(TKey key, IBufferWriter<byte> output) => keys.Serialize(key, output);

    public TKey ReadKey(ReadOnlySpan<byte> bytes) => keys.Deserialize(bytes)!;

    public void WriteRecord(TRecord record, IBufferWriter<byte> output) => records.Serialize(record, output);

    public TRecord ReadRecord(ReadOnlySpan<byte> bytes) => records.Deserialize(bytes)!;
}
