using System.Buffers.Binary;

namespace MimGrains.Mnesia.Fragments;

/// <summary>
/// The records of a key as one value in the pages: of a set the record itself; of a bag each with its size before it, 4 bytes,
/// little-endian.
/// </summary>
internal static class StoredValue
{
    /// <summary>Returns the value; null if there are no records.</summary>
    public static ReadOnlyMemory<byte>? Join(bool isBag, IReadOnlyList<ReadOnlyMemory<byte>> records)
    {
        if (records.Count == 0)
        {
            return null;
        }

        if (!isBag)
        {
            return records[0].ToArray();
        }

        var value = new byte[records.Sum(record => sizeof(int) + record.Length)];
        var rest = value.AsSpan();
        foreach (var record in records)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, record.Length);
            record.Span.CopyTo(rest[sizeof(int)..]);
            rest = rest[(sizeof(int) + record.Length)..];
        }

        return value;
    }

    /// <exception cref="InvalidDataException">It is no such value.</exception>
    public static IEnumerable<byte[]> Split(bool isBag, ReadOnlyMemory<byte> value)
    {
        if (!isBag)
        {
            yield return value.ToArray();
            yield break;
        }

        while (value.Length > 0)
        {
            var size = value.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(value.Span);
            if (size < 0 || size > value.Length - sizeof(int))
            {
                throw new InvalidDataException($"The records of a key are cut off: {value.Length} bytes are left.");
            }

            yield return value.Slice(sizeof(int), size).ToArray();
            value = value[(sizeof(int) + size)..];
        }
    }
}
