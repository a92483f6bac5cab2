using System.Buffers;
using MimGrains.Core.Log;
using MimGrains.Tables;
using Orleans.Serialization;

namespace MimGrains.Cets.Tables;

/// <summary>Encodes the items of a bag: its key is all there is.</summary>
internal sealed class BagCodec<TItem>(Serializer<TItem> items) : IOperationCodec<TItem, BagMark>
{
    public void Encode(TItem key, BagMark? record, IBufferWriter<byte> output) => items.Serialize(key, output);

    public void Decode(ReadOnlyMemory<byte> body, bool isDelete, out TItem key, out BagMark? record)
    {
        key = items.Deserialize(body.Span)!;
        record = isDelete ? null : BagMark.Instance;
    }
}
