using System.Buffers;

namespace MimGrains.Mnesia.Tables.Keys;

/// <summary>
/// Writes one part of a key, so that it says itself where it ends. Bytes compare as the parts do, by their natural
/// order: numbers
/// big-endian with the sign turned, texts in UTF-8.
/// </summary>
internal abstract class KeyPart<T>
{
    public abstract void Write(T value, IBufferWriter<byte> output);

    /// <exception cref="InvalidDataException">There is something else.</exception>
    public abstract T Read(KeyReader reader);
}

/// <summary>A value that is a number of 1, 2, 4 or 8 bytes.</summary>
internal sealed class NumberPart<T>(int size, Func<T, ulong> toNumber, Func<ulong, T> fromNumber) : KeyPart<T>
{
    public override void Write(T value, IBufferWriter<byte> output)
    {
        var number = toNumber(value);
        var span = output.GetSpan(size);
        for (var at = size - 1; at >= 0; at--)
        {
            span[at] = (byte)number;
            number >>= 8;
        }

        output.Advance(size);
    }

    public override T Read(KeyReader reader) => fromNumber(reader.TakeNumber(size));
}

/// <summary>A text. A zero in it is written as 1 1 and a one as 1 2; a zero ends it.</summary>
internal sealed class StringPart : KeyPart<string>
{
    private const byte End = 0;
    private const byte Escape = 1;
    private const byte EscapedEnd = 1;
    private const byte EscapedEscape = 2;

    public override void Write(string value, IBufferWriter<byte> output)
    {
        var text = KeyText.ToBytes(value);
        if (text.AsSpan().IndexOfAny(End, Escape) < 0)
        {
            output.Write(text);
            output.Write([End]);
            return;
        }

        foreach (var one in text)
        {
            if (one is End or Escape)
            {
                output.Write([Escape, one == End ? EscapedEnd : EscapedEscape]);
            }
            else
            {
                output.Write([one]);
            }
        }

        output.Write([End]);
    }

    public override string Read(KeyReader reader)
    {
        var written = reader.TakeUntilZero();
        return reader.LastText(written) ?? reader.Keep(written, TextOf(written));
    }

    private static string TextOf(ReadOnlySpan<byte> written)
    {
        if (!written.Contains(Escape))
        {
            return KeyText.FromBytes(written);
        }

        var text = new List<byte>(written.Length);
        for (var at = 0; at < written.Length; at++)
        {
            text.Add(written[at] != Escape ? written[at] : ++at < written.Length && written[at] is EscapedEnd or EscapedEscape
                ? written[at] == EscapedEnd ? End : Escape
                : throw new InvalidDataException("A text of a key has an escape of nothing."));
        }

        return KeyText.FromBytes([.. text]);
    }
}

/// <summary>A <see cref="Guid"/>, most significant byte first.</summary>
internal sealed class GuidPart : KeyPart<Guid>
{
    private const int Size = 16;

    public override void Write(Guid value, IBufferWriter<byte> output)
    {
        value.TryWriteBytes(output.GetSpan(Size), bigEndian: true, out _);
        output.Advance(Size);
    }

    public override Guid Read(KeyReader reader) => new(reader.Take(Size), bigEndian: true);
}

/// <summary>A value that may be missing: 0, or 1 and the value.</summary>
internal sealed class NullablePart<T>(KeyPart<T> part) : KeyPart<T?>
    where T : struct
{
    public override void Write(T? value, IBufferWriter<byte> output)
    {
        output.Write([value is null ? (byte)0 : (byte)1]);
        if (value is { } there)
        {
            part.Write(there, output);
        }
    }

    public override T? Read(KeyReader reader) => reader.TakeFlag() ? part.Read(reader) : null;
}

/// <summary>A reference that may be null: 0, or 1 and the value.</summary>
internal sealed class ReferencePart<T>(KeyPart<T> part) : KeyPart<T?>
    where T : class
{
    public override void Write(T? value, IBufferWriter<byte> output)
    {
        output.Write([value is null ? (byte)0 : (byte)1]);
        if (value is not null)
        {
            part.Write(value, output);
        }
    }

    public override T? Read(KeyReader reader) => reader.TakeFlag() ? part.Read(reader) : null;
}
