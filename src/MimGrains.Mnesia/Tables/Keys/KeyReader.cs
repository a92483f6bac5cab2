using System.Buffers.Binary;

namespace MimGrains.Mnesia.Tables.Keys;

/// <summary>Takes the parts of an encoded key one after another.</summary>
/// <remarks>
/// Keys that are read one after another are often neighbours, with most of their texts in common: of each of the first texts of a key
/// it remembers the last one, which is then one object for all of them.
/// </remarks>
internal sealed class KeyReader
{
    private const int TextsKept = 8;
    private const int TextMost = 128;

    private readonly KeptText[] _texts = new KeptText[TextsKept];
    private byte[] _bytes = new byte[256];
    private int _length;
    private int _at;
    private int _text;

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
        _text = 0;
    }

    /// <summary>Returns the text that stood in this place of the key before, if it was written the same; else null.</summary>
    public string? LastText(ReadOnlySpan<byte> written)
    {
        if (_text >= TextsKept)
        {
            return null;
        }

        ref var kept = ref _texts[_text];
        if (kept.Text is null || !kept.Written.AsSpan(0, kept.Length).SequenceEqual(written))
        {
            return null;
        }

        _text++;
        return kept.Text;
    }

    /// <summary>Remembers a text, unless it is long, and passes to the next place.</summary>
    public string Keep(ReadOnlySpan<byte> written, string text)
    {
        if (_text < TextsKept && written.Length <= TextMost)
        {
            ref var kept = ref _texts[_text];
            kept.Written ??= new byte[TextMost];
            written.CopyTo(kept.Written);
            (kept.Length, kept.Text) = (written.Length, text);
        }

        _text++;
        return text;
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

    private struct KeptText
    {
        public byte[] Written;
        public int Length;
        public string? Text;
    }
}
