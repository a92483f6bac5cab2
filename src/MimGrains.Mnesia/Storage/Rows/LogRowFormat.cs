using System.Buffers.Binary;

namespace MimGrains.Mnesia.Storage.Rows;

/// <summary>A log row with what the log itself has to know about it.</summary>
/// <param name="Number">Its number, from 1 on.</param>
/// <param name="Writer">Which opening of the fragment wrote it.</param>
/// <param name="PreviousHash">The checksum of the row before; 0 for the first one.</param>
/// <param name="Part">What of an appended row it is.</param>
/// <param name="Content">What the writer appended.</param>
internal readonly record struct LogRowContent(
    long Number, long Writer, ulong PreviousHash, LogRowPart Part, ReadOnlyMemory<byte> Content);

/// <summary>What a log row is of what was appended. The values are stored.</summary>
internal enum LogRowPart : byte
{
    /// <summary>All of it.</summary>
    Whole = 0,

    /// <summary>Nothing: it only says that the fragment was opened, and has no content.</summary>
    Mark = 1,

    /// <summary>Its beginning; it counts when its last part is there.</summary>
    First = 2,

    /// <summary>What follows the part in the row before.</summary>
    Middle = 3,

    /// <summary>Its end.</summary>
    Last = 4,
}

/// <summary>Writes and reads the content of log rows.</summary>
internal static class LogRowFormat
{
    /// <summary>What a log row takes besides what the writer appends.</summary>
    public const int HeaderBytes = 25;

    public static byte[] Encode(string key, LogRowContent row, out ulong hash)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteInt64LittleEndian(header, row.Number);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], row.Writer);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], row.PreviousHash);
        header[24] = (byte)row.Part;
        return RowFormat.Encode(key, RowKind.Log, header, row.Content.Span, out hash);
    }

    /// <exception cref="InvalidDataException">The row is damaged; the message says what is wrong with it.</exception>
    public static LogRowContent Decode(string key, ReadOnlyMemory<byte> row, out ulong hash)
    {
        var content = RowFormat.Decode(key, RowKind.Log, row, out hash);
        if (content.Length < HeaderBytes)
        {
            throw new InvalidDataException("it is too short for a log row");
        }

        var bytes = content.Span;
        if (bytes[24] > (byte)LogRowPart.Last)
        {
            throw new InvalidDataException($"{bytes[24]} is no part of a log row");
        }

        return new LogRowContent(
            BinaryPrimitives.ReadInt64LittleEndian(bytes),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            (LogRowPart)bytes[24],
            content[HeaderBytes..]);
    }
}
