using System.Buffers;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables.Keys;

/// <summary>Finds how the keys of a table are written as bytes.</summary>
internal static class KeyCodecs
{
    /// <exception cref="TableDefinitionException">
    /// The type of the keys needs a codec, and the definition has none.
    /// </exception>
    public static IKeyCodec<TKey> Of<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : class
    {
        if (definition.KeyCodec is { } own)
        {
            return own;
        }

        if (typeof(TKey) == typeof(string))
        {
            return (IKeyCodec<TKey>)(object)new TextCodec();
        }

        try
        {
            return new PartsCodec<TKey>(KeyParts.Of<TKey>());
        }
        catch (NotSupportedException exception)
        {
            throw new TableDefinitionException(
                definition.Name, $"keys of type {typeof(TKey)} need a KeyCodec: {exception.Message}", exception);
        }
    }

    /// <summary>A text by itself needs no end.</summary>
    private sealed class TextCodec : IKeyCodec<string>
    {
        public string Name => "text/1";

        public void Write(string key, IBufferWriter<byte> output) => output.Write(KeyText.ToBytes(key));

        public string Read(ReadOnlySpan<byte> bytes) => KeyText.FromBytes(bytes);
    }

    private sealed class PartsCodec<TKey>(KeyPart<TKey> part) : IKeyCodec<TKey>
    {
        [ThreadStatic]
        private static KeyReader? _reader;

        public string Name => "parts/1";

        public void Write(TKey key, IBufferWriter<byte> output) => part.Write(key, output);

        public TKey Read(ReadOnlySpan<byte> bytes)
        {
            var reader = _reader ??= new KeyReader();
            reader.Reset(bytes);
            var key = part.Read(reader);
            return reader.IsAtEnd ? key : throw new InvalidDataException($"A key of {bytes.Length} bytes is longer than a {typeof(TKey)}.");
        }
    }
}
