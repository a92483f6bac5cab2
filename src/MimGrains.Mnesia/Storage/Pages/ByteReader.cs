using System.Buffers;

namespace MimGrains.Mnesia.Storage.Pages;

/// <summary>Reads lengths and bytes one after another; whatever reaches over the end is refused.</summary>
internal struct ByteReader(ReadOnlyMemory<byte> bytes)
{
    private const int MaxShift = 63;

    private readonly ReadOnlyMemory<byte> _bytes = bytes;
    private int _position;

    public readonly bool IsAtEnd => _position == _bytes.Length;

    /// <exception cref="InvalidDataException">There is no number.</exception>
    public long ReadNumber()
    {
        long value = 0;
        var bytes = _bytes.Span;
        for (var shift = 0; shift < MaxShift && _position < bytes.Length; shift += 7)
        {
            var part = bytes[_position++];
            value |= (long)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException($"there is no number at byte {_position}");
    }

    /// <exception cref="InvalidDataException">There are not so many bytes.</exception>
    public ReadOnlyMemory<byte> Read(long length)
    {
        if (length < 0 || length > _bytes.Length - _position)
        {
            throw new InvalidDataException($"{length} bytes from byte {_position} on reach over its end");
        }

        var result = _bytes.Slice(_position, (int)length);
        _position += (int)length;
        return result;
    }

    /// <summary>Reads a length and so many bytes.</summary>
    /// <exception cref="InvalidDataException">They are not there.</exception>
    public ReadOnlyMemory<byte> ReadBytes() => Read(ReadNumber());
}

/// <summary>Writes what <see cref="ByteReader"/> reads.</summary>
internal static class ByteWriter
{
    /// <summary>Writes a number that is not negative: seven bits a byte, the least first.</summary>
    public static void WriteNumber(this IBufferWriter<byte> output, long value)
    {
        var span = output.GetSpan(10);
        var length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        output.Advance(length);
    }

    /// <summary>Writes the length and the bytes.</summary>
    public static void WriteBytes(this IBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        output.WriteNumber(bytes.Length);
        output.Write(bytes);
    }
}
