using System.Buffers;

namespace MimGrains.Tables;

/// <summary>
/// Writes the keys and records of one table as bytes, in the place of Orleans' serializer, which also describes types and fields.
/// Set as <see cref="TableDefinition{TKey,TRecord}.Codec"/>. Called from many threads at once.
/// </summary>
/// <remarks>
/// Every silo must read what any other writes. What is written must not depend on the machine, and a change of the form needs a new
/// <see cref="Name"/>.
/// </remarks>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
public interface ITableCodec<TKey, TRecord>
{
    /// <summary>Returns the name of the form, such as <c>session/1</c>. Part of the table's definition: silos with another are refused.</summary>
    string Name { get; }

    /// <summary>Writes a key.</summary>
    void WriteKey(TKey key, IBufferWriter<byte> output);

    /// <summary>Reads what <see cref="WriteKey"/> wrote; <paramref name="bytes"/> holds that and nothing else.</summary>
    /// <exception cref="InvalidDataException">It is something else, or cut off.</exception>
    TKey ReadKey(ReadOnlySpan<byte> bytes);

    /// <summary>Writes a record.</summary>
    void WriteRecord(TRecord record, IBufferWriter<byte> output);

    /// <summary>Reads what <see cref="WriteRecord"/> wrote; <paramref name="bytes"/> holds that and nothing else.</summary>
    /// <exception cref="InvalidDataException">It is something else, or cut off.</exception>
    TRecord ReadRecord(ReadOnlySpan<byte> bytes);
}
