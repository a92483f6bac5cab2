using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace MimGrains.Mnesia.Storage.Rows;

/// <summary>What a row of the storage holds.</summary>
internal enum RowKind : byte
{
    /// <summary>A row of the log.</summary>
    Log = 1,

    /// <summary>The manifest.</summary>
    Manifest = 2,

    /// <summary>A page of records.</summary>
    Page = 3,

    /// <summary>A part of the index of a run's pages.</summary>
    Index = 4,

    /// <summary>The row of a table.</summary>
    Table = 5,
}

/// <summary>
/// The envelope of every row: mark, version of the format, kind, length, checksum. The checksum is over the key as well, so
/// that
/// a row that got under another key is noticed.
/// </summary>
internal static class RowFormat
{
    /// <summary>The version of the format. A row of a later one is refused, not misread.</summary>
    public const byte Version = 1;

    private const uint Mark = 0x5246474D; // "MGFR"
    private const int HashOffset = 12;
    private const int HeaderBytes = 20;

    /// <summary>Returns the row for a content, and its checksum.</summary>
    public static byte[] Encode(string key, RowKind kind, ReadOnlySpan<byte> content, out ulong hash) =>
        Encode(key, kind, content, default, out hash);

    /// <summary>Returns the row for a content in two parts, and its checksum.</summary>
    public static byte[] Encode(
        string key, RowKind kind, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, out ulong hash)
    {
        var length = first.Length + second.Length;
        var row = new byte[HeaderBytes + length];
        BinaryPrimitives.WriteUInt32LittleEndian(row, Mark);
        row[4] = Version;
        row[5] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(row.AsSpan(8), length);
        first.CopyTo(row.AsSpan(HeaderBytes));
        second.CopyTo(row.AsSpan(HeaderBytes + first.Length));
        hash = Hash(key, row);
        BinaryPrimitives.WriteUInt64LittleEndian(row.AsSpan(HashOffset), hash);
        return row;
    }

    /// <summary>Returns the content of a row, and its checksum.</summary>
    /// <exception cref="InvalidDataException">
    /// It is no such row, or damaged; the message says what is wrong with it.
    /// </exception>
    public static ReadOnlyMemory<byte> Decode(string key, RowKind kind, ReadOnlyMemory<byte> row, out ulong hash)
    {
        var bytes = row.Span;
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Mark)
        {
            throw new InvalidDataException($"{bytes.Length} bytes that are not a row of MimGrains");
        }

        if (bytes[4] != Version)
        {
            throw new InvalidDataException($"it has version {bytes[4]} of the format, this program reads version {Version}");
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (length != bytes.Length - HeaderBytes)
        {
            throw new InvalidDataException($"it should have {length} bytes and has {bytes.Length - HeaderBytes}");
        }

        hash = BinaryPrimitives.ReadUInt64LittleEndian(bytes[HashOffset..]);
        if (hash != Hash(key, bytes))
        {
            throw new InvalidDataException("its checksum is wrong");
        }

        return bytes[5] == (byte)kind
            ? row[HeaderBytes..]
            : throw new InvalidDataException($"it is of kind {bytes[5]}, expected {(byte)kind}");
    }

    private static ulong Hash(string key, ReadOnlySpan<byte> row)
    {
        var hash = new XxHash3();
        hash.Append(Encoding.UTF8.GetBytes(key));
        hash.Append(row[..HashOffset]);
        hash.Append(row[HeaderBytes..]);
        return hash.GetCurrentHashAsUInt64();
    }
}
