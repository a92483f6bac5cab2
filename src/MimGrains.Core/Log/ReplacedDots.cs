using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using MimGrains.Core.Identity;
using MimGrains.Core.Store;

namespace MimGrains.Core.Log;

/// <summary>
/// What a write of a table that merges says before its key: which writes it replaced. 2 bytes how many, then of each 2 bytes
/// size of its origin's name (0: the origin of this write), the name in UTF-8, 8 bytes number; all little-endian.
/// </summary>
internal static class ReplacedDots
{
    private const int SizeBytes = 2;

    public static void Write<TRecord>(
        ReadOnlySpan<Sibling<TRecord>> siblings, int self, OriginTable origins, IBufferWriter<byte> output)
        where TRecord : class
    {
        BinaryPrimitives.WriteUInt16LittleEndian(output.GetSpan(SizeBytes), checked((ushort)siblings.Length));
        output.Advance(SizeBytes);
        foreach (var sibling in siblings)
        {
            var name = sibling.Stamp.Origin == self ? "" : origins.IdOf(sibling.Stamp.Origin).Value;
            var bytes = Encoding.UTF8.GetByteCount(name);
            var target = output.GetSpan(SizeBytes + bytes + sizeof(long));
            BinaryPrimitives.WriteUInt16LittleEndian(target, checked((ushort)bytes));
            Encoding.UTF8.GetBytes(name, target[SizeBytes..]);
            BinaryPrimitives.WriteInt64LittleEndian(target[(SizeBytes + bytes)..], sibling.Stamp.Sequence);
            output.Advance(SizeBytes + bytes + sizeof(long));
        }
    }

    /// <summary>Reads them, and moves <paramref name="body"/> behind them.</summary>
    /// <exception cref="InvalidDataException">The bytes end too early.</exception>
    public static LocalDot[] Read(ref ReadOnlyMemory<byte> body, int origin, OriginTable origins)
    {
        var dots = new LocalDot[ReadUInt16(ref body)];
        for (var i = 0; i < dots.Length; i++)
        {
            var bytes = ReadUInt16(ref body);
            var name = Take(ref body, bytes).Span;
            var number = bytes == 0 ? origin : origins.NumberOf(new ReplicaId(Encoding.UTF8.GetString(name)));
            dots[i] = new LocalDot(number, BinaryPrimitives.ReadInt64LittleEndian(Take(ref body, sizeof(long)).Span));
        }

        return dots;
    }

    private static ushort ReadUInt16(ref ReadOnlyMemory<byte> body) =>
        BinaryPrimitives.ReadUInt16LittleEndian(Take(ref body, SizeBytes).Span);

    private static ReadOnlyMemory<byte> Take(ref ReadOnlyMemory<byte> body, int bytes)
    {
        if (bytes > body.Length)
        {
            throw new InvalidDataException($"A write that says what it replaced is cut off ({body.Length} of {bytes} bytes left).");
        }

        var taken = body[..bytes];
        body = body[bytes..];
        return taken;
    }
}
