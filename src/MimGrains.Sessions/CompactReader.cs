using System.Text;

namespace MimGrains.Sessions;

/// <summary>Reads what <see cref="CompactWriter"/> wrote. Whatever the bytes are, it throws nothing but <see cref="InvalidDataException"/>.</summary>
internal ref struct CompactReader(ReadOnlySpan<byte> bytes)
{
    private const int VarintBits = 64;

    private ReadOnlySpan<byte> _rest = bytes;

    public byte ReadByte() => Take(1)[0];

    public ulong ReadNumber()
    {
        var value = 0UL;
        for (var shift = 0; shift < VarintBits; shift += 7)
        {
            var next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("A number of a session has more than 64 bits.");
    }

    public int ReadSignedNumber()
    {
        var value = ReadNumber();
        return value <= uint.MaxValue
            ? (int)((uint)value >> 1) ^ -(int)(value & 1)
            : throw new InvalidDataException($"The number {value} of a session has more than 32 bits.");
    }

    public string ReadText() => Encoding.UTF8.GetString(TakeText());

    /// <summary>Reads a string that many sessions have in common: without making another one, if it can.</summary>
    public string ReadSharedText() => SharedStrings.Of(TakeText());

    public readonly void End()
    {
        if (_rest.Length > 0)
        {
            throw new InvalidDataException($"A session has {_rest.Length} bytes too many.");
        }
    }

    private ReadOnlySpan<byte> TakeText()
    {
        var size = ReadNumber();
        return Take(size <= int.MaxValue ? (int)size : int.MaxValue);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new InvalidDataException($"A session is cut off: {count} bytes are expected, {_rest.Length} are left.");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
