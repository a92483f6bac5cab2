using System.Buffers;

namespace MimGrains.Persistent;

/// <summary>
/// Writes the keys of a persistent table as bytes. Equal keys must have equal bytes and different keys different ones,
/// for ever and
/// on every machine: locks and the database know a key by its bytes. Called from many threads at once.
/// </summary>
/// <typeparam name="TKey">Key.</typeparam>
public interface IKeyCodec<TKey>
{
    /// <summary>Returns the name of the form, such as <c>jid/1</c>. Part of the table's definition.</summary>
    string Name { get; }

    /// <summary>Writes a key.</summary>
    /// <exception cref="ArgumentException">The key cannot be written.</exception>
    void Write(TKey key, IBufferWriter<byte> output);

    /// <summary>Reads what <see cref="Write"/> wrote; <paramref name="bytes"/> holds that and nothing else.</summary>
    /// <exception cref="InvalidDataException">It is something else, or cut off.</exception>
    TKey Read(ReadOnlySpan<byte> bytes);
}
