using System.Text;

namespace MimGrains.Mnesia.Tables.Keys;

/// <summary>Texts of keys as UTF-8. What is no valid text is refused: it would become equal to another one.</summary>
internal static class KeyText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">The text has half of a surrogate pair.</exception>
    public static byte[] ToBytes(string text)
    {
        try
        {
            return Strict.GetBytes(text);
        }
        catch (EncoderFallbackException exception)
        {
            throw new ArgumentException("A text of a key is no valid Unicode: it has half of a surrogate pair.", nameof(text), exception);
        }
    }

    /// <exception cref="InvalidDataException">The bytes are no UTF-8.</exception>
    public static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException("A text of a key is no UTF-8.", exception);
        }
    }
}
