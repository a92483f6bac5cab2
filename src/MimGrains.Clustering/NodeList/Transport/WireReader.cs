using System.Buffers.Binary;
using System.Text;

namespace MimGrains.Clustering.NodeList;

/// <summary>Reads the fields of a message that may come from anybody. Every field is bounded by the message itself.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _left = bytes;

    /// <exception cref="MalformedMessageException">The message ends before.</exception>
    public byte ReadByte() => ReadFixed(1)[0];

    /// <exception cref="MalformedMessageException">The message ends before.</exception>
    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(ReadFixed(sizeof(ulong)));

    /// <exception cref="MalformedMessageException">The message ends before.</exception>
    public ReadOnlySpan<byte> ReadFixed(int length)
    {
        if (_left.Length < length)
        {
            throw new MalformedMessageException($"the message lacks {length - _left.Length} bytes");
        }

        var read = _left[..length];
        _left = _left[length..];
        return read;
    }

    /// <exception cref="MalformedMessageException">The message ends before, or the text is longer or no UTF-8.</exception>
    public string ReadText(int maxBytes)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(ReadFixed(sizeof(ushort)));
        if (length > maxBytes)
        {
            throw new MalformedMessageException($"a text has {length} bytes; allowed: {maxBytes}");
        }

        try
        {
            return StrictUtf8.GetString(ReadFixed(length));
        }
        catch (DecoderFallbackException exception)
        {
            throw new MalformedMessageException("a text is no UTF-8", exception);
        }
    }

    /// <summary>Returns everything that is left.</summary>
    public ReadOnlySpan<byte> ReadRest() => ReadFixed(_left.Length);

    /// <exception cref="MalformedMessageException">Something is left.</exception>
    public readonly void End()
    {
        if (!_left.IsEmpty)
        {
            throw new MalformedMessageException($"the message has {_left.Length} bytes too many");
        }
    }
}

/// <summary>A message that another node, or a stranger, has sent is not what it should be.</summary>
internal sealed class MalformedMessageException(string message, Exception? inner = null) : Exception(message, inner);
