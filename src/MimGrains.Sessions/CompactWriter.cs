using System.Buffers;
using System.Text;

namespace MimGrains.Sessions;

/// <summary>Writes numbers as varints (7 bits a byte, least first) and strings as size and UTF-8.</summary>
internal readonly ref struct CompactWriter(IBufferWriter<byte> output)
{
    private const int MaxVarintBytes = 10;

    public void WriteByte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    public void WriteNumber(ulong value)
    {
        var span = output.GetSpan(MaxVarintBytes);
        output.Advance(Put(span, value));
    }

    /// <summary>Small numbers of either sign take few bytes (zigzag).</summary>
    public void WriteSignedNumber(int value) => WriteNumber((uint)((value << 1) ^ (value >> 31)));

    public void WriteText(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        var span = output.GetSpan(MaxVarintBytes + bytes);
        var sizeBytes = Put(span, (ulong)bytes);
        output.Advance(sizeBytes + Encoding.UTF8.GetBytes(text, span[sizeBytes..]));
    }

    private static int Put(Span<byte> target, ulong value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            target[at++] = (byte)(value | 0x80);
        }

        target[at] = (byte)value;
        return at + 1;
    }
}
