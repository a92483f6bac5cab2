using System.Buffers;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.WireProtocol;

namespace MimGrains.Cets.Streams;

/// <summary>Encoded writes, as slices of the log: sent without being copied together, received as one array.</summary>
[Immutable]
internal sealed class BatchPayload(IReadOnlyList<ReadOnlyMemory<byte>> segments)
{
    public IReadOnlyList<ReadOnlyMemory<byte>> Segments => segments;

    public uint SizeBytes => (uint)segments.Sum(segment => segment.Length);
}

/// <summary>Writes a <see cref="BatchPayload"/> as one length-prefixed field.</summary>
[RegisterSerializer, RegisterCopier]
internal sealed class BatchPayloadCodec : IFieldCodec<BatchPayload>, IDeepCopier<BatchPayload>
{
    public BatchPayload? DeepCopy(BatchPayload? input, CopyContext context) => input;

    public BatchPayload ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        field.EnsureWireType(WireType.LengthPrefixed);
        ReferenceCodec.MarkValueField(reader.Session);
        var size = reader.ReadVarUInt32();
        return size == 0 ? new BatchPayload([]) : new BatchPayload([reader.ReadBytes(size)]);
    }

    public void WriteField<TBufferWriter>(
        ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, BatchPayload? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        ArgumentNullException.ThrowIfNull(value);
        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(BatchPayload), WireType.LengthPrefixed);
        writer.WriteVarUInt32(value.SizeBytes);
        foreach (var segment in value.Segments)
        {
            writer.Write(segment.Span);
        }
    }
}
