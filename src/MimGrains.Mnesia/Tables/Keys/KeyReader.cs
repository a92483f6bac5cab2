using System.Buffers.Binary;

namespace MimGrains.Mnesia.Tables.Keys;

/// <summary>Takes the parts of an encoded key one after another.</summary>
internal sealed class KeyReader
{
    private byte[] _bytes = new byte[256];
    private int _length;
    private int _at;

    /// <summary>Whether everything was taken.</summary>
    public bool IsAtEnd => _at == _length;

    /// <summary>Begins anew with other bytes.</summary>
    public void Reset(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length < bytes.Length)
        {
            _bytes = new byte[bytes.Length];
        }

        bytes.CopyTo(_bytes);
        _length = bytes.Length;
        _at = 0;
    }

    /// <exception cref="InvalidDataException">There are not so many.</exception>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _length - _at)
        {
            throw new InvalidDataException($"A key of {_length} bytes is cut off: {count} more were expected at {_at}.");
        }

        _at += count;
        return _bytes.AsSpan(_at - count, count);
    }

    /// <exception cref="InvalidDataException">There is neither 0 nor 1.</exception>
    public bool TakeFlag()
    {
        var flag = Take(1)[0];
        return flag <= 1 ? flag == 1 : throw new InvalidDataException($"A key of {_length} bytes has {flag} in the place of 0 or 1.");
    }

    public ulong TakeNumber(int size) => size switch
    {
        1 => Take(1)[0],
        2 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
        4 => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
        8 => BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
        _ => throw new ArgumentOutOfRangeException(nameof(size), size, "A number has 1, 2, 4 or 8 bytes."),
    };

    /// <summary>Returns the bytes up to the next zero, and passes it.</summary>
    public ReadOnlySpan<byte> TakeUntilZero()
    {
        var length = _bytes.AsSpan(_at, _length - _at).IndexOf((byte)0);
        if (length < 0)
        {
            throw new InvalidDataException($"A key of {_length} bytes is cut off: a text at {_at} does not end.");
        }

        var text = Take(length);
        _at++;
        return text;
    }
}
