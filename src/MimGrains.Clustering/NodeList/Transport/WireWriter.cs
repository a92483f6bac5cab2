using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MimGrains.Clustering.NodeList;

/// <summary>Writes the fields of a message; <see cref="WireReader"/> reads them in the same order.</summary>
internal sealed class WireWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public void WriteByte(byte value) => _bytes.Write([value]);

    public void WriteUInt64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _bytes.Write(bytes);
    }

    /// <summary>Writes bytes without their length: both sides know it.</summary>
    public void WriteFixed(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    /// <summary>Writes text in UTF-8 behind its length in two bytes.</summary>
    public void WriteText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(length, checked((ushort)bytes.Length));
        _bytes.Write(length);
        _bytes.Write(bytes);
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();
}
