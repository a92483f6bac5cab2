using System.Buffers.Binary;
using System.Text;
using MimGrains.Core.Identity;

namespace MimGrains.Core.Transactions;

/// <summary>The bytes of a row of a fragment's log.</summary>
/// <remarks>
/// 1 byte form, the fragment, the row's number, the names that occur in it, the entries; then 4 bytes CRC-32C of all
/// before, so that a row that is damaged, cut off, or in the place of another one is seen. Whole numbers are 7-bit
/// encoded.
/// </remarks>
public static class LogRowCodec
{
    private const byte FormVersion = 1;
    private const int ChecksumBytes = sizeof(uint);

    /// <summary>Encodes a row.</summary>
    public static byte[] Encode(FragmentId fragment, long number, IReadOnlyList<LogEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var names = new List<string>();
        var numberOf = new Dictionary<string, int>(StringComparer.Ordinal);
        using var body = new MemoryStream();
        using var writer = new BinaryWriter(body);
        foreach (var entry in entries)
        {
            Write(writer, entry, Name);
        }

        using var row = new MemoryStream((int)body.Length + 128);
        using var head = new BinaryWriter(row);
        head.Write(FormVersion);
        head.Write(fragment.Table);
        head.Write7BitEncodedInt(fragment.Index);
        head.Write7BitEncodedInt64(number);
        head.Write7BitEncodedInt(names.Count);
        names.ForEach(head.Write);
        head.Write7BitEncodedInt(entries.Count);
        head.Write(body.GetBuffer().AsSpan(0, (int)body.Length));
        head.Write(Checksum.Of(row.GetBuffer().AsSpan(0, (int)row.Length)));
        return row.ToArray();

        int Name(string name)
        {
            if (!numberOf.TryGetValue(name, out var index))
            {
                numberOf.Add(name, index = names.Count);
                names.Add(name);
            }

            return index;
        }
    }

    /// <summary>Decodes the row with that number of that fragment.</summary>
    /// <exception cref="InvalidDataException">It is damaged, of a newer form, or another row.</exception>
    public static IReadOnlyList<LogEntry> Decode(FragmentId fragment, long number, ReadOnlyMemory<byte> row)
    {
        var entries = Decode(fragment, row, out var found);
        return found == number
            ? entries
            : throw new InvalidDataException($"Log row {number} of fragment {fragment} is row {found}.");
    }

    /// <summary>Decodes whichever row of that fragment it is.</summary>
    /// <exception cref="InvalidDataException">It is damaged, of a newer form, or of another fragment.</exception>
    public static IReadOnlyList<LogEntry> Decode(FragmentId fragment, ReadOnlyMemory<byte> row, out long number)
    {
        var what = $"A log row of fragment {fragment} ({row.Length} bytes)";
        var bytes = row.Length < ChecksumBytes ? [] : row.Span[..^ChecksumBytes];
        if (bytes.Length == 0 || Checksum.Of(bytes) != BinaryPrimitives.ReadUInt32LittleEndian(row.Span[^ChecksumBytes..]))
        {
            throw new InvalidDataException($"{what} is damaged: its checksum does not fit.");
        }

        using var stream = new MemoryStream(row.ToArray(), 0, bytes.Length, writable: false, publiclyVisible: true);
        using var reader = new BinaryReader(stream);
        var form = reader.ReadByte();
        if (form != FormVersion)
        {
            throw new InvalidDataException($"{what} has form {form}; this program reads form {FormVersion}.");
        }

        try
        {
            var foundFragment = new FragmentId(reader.ReadString(), reader.Read7BitEncodedInt());
            number = reader.Read7BitEncodedInt64();
            if (foundFragment != fragment)
            {
                throw new InvalidDataException($"{what} is row {number} of fragment {foundFragment}.");
            }

            var names = ReadList(reader, inner => inner.ReadString());
            var entries = ReadList(reader, inner => ReadEntry(inner, names));
            return stream.Position == stream.Length
                ? entries
                : throw new InvalidDataException($"{what} has {stream.Length - stream.Position} bytes too many.");
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"{what} does not hold what it says.", exception);
        }
    }

    private static void Write(BinaryWriter writer, LogEntry entry, Func<string, int> name)
    {
        writer.Write((byte)entry.Kind);
        if (entry.Kind is not (LogEntryKind.Opened or LogEntryKind.Dirty))
        {
            writer.Write7BitEncodedInt(name(entry.Id.Coordinator.Value));
            writer.Write7BitEncodedInt64(entry.Id.Number);
        }

        switch (entry.Kind)
        {
            case LogEntryKind.Opened or LogEntryKind.Closed:
                writer.Write7BitEncodedInt64(entry.Number);
                break;
            case LogEntryKind.Prepared:
                Write(writer, entry.Decider, name);
                break;
            case LogEntryKind.Committed or LogEntryKind.Outcome:
                writer.Write7BitEncodedInt(entry.Participants.Count);
                foreach (var participant in entry.Participants)
                {
                    Write(writer, participant, name);
                }

                break;
            default:
                break;
        }

        if (HasWrites(entry.Kind))
        {
            writer.Write7BitEncodedInt(entry.Writes.Count);
            foreach (var write in entry.Writes)
            {
                writer.Write((byte)write.Kind);
                Write(writer, write.Key);
                Write(writer, write.Record);
            }
        }
    }

    private static LogEntry ReadEntry(BinaryReader reader, List<string> names)
    {
        var kind = (LogEntryKind)reader.ReadByte();
        if (!Enum.IsDefined(kind))
        {
            throw new FormatException($"{kind} is no kind of a log entry.");
        }

        var id = kind is LogEntryKind.Opened or LogEntryKind.Dirty
            ? new TransactionId(new ReplicaId(""), 0)
            : new TransactionId(new ReplicaId(names[reader.Read7BitEncodedInt()]), reader.Read7BitEncodedInt64());
        var number = kind is LogEntryKind.Opened or LogEntryKind.Closed ? reader.Read7BitEncodedInt64() : 0;
        var decider = kind == LogEntryKind.Prepared ? ReadFragment(reader, names) : new FragmentId("", 0);
        IReadOnlyList<FragmentId> participants = kind is LogEntryKind.Committed or LogEntryKind.Outcome
            ? ReadList(reader, inner => ReadFragment(inner, names))
            : [];
        IReadOnlyList<FragmentWrite> writes = HasWrites(kind) ? ReadList(reader, ReadWrite) : [];
        return new LogEntry(kind, id, number, decider, participants, writes);
    }

    private static bool HasWrites(LogEntryKind kind) =>
        kind is LogEntryKind.Committed or LogEntryKind.Prepared or LogEntryKind.Dirty;

    private static FragmentWrite ReadWrite(BinaryReader reader)
    {
        var kind = (WriteKind)reader.ReadByte();
        return Enum.IsDefined(kind)
            ? new FragmentWrite(kind, ReadBytes(reader), ReadBytes(reader))
            : throw new FormatException($"{kind} is no kind of a write.");
    }

    private static void Write(BinaryWriter writer, FragmentId fragment, Func<string, int> name)
    {
        writer.Write7BitEncodedInt(name(fragment.Table));
        writer.Write7BitEncodedInt(fragment.Index);
    }

    private static FragmentId ReadFragment(BinaryReader reader, List<string> names) =>
        new(names[reader.Read7BitEncodedInt()], reader.Read7BitEncodedInt());

    private static void Write(BinaryWriter writer, ReadOnlyMemory<byte> bytes)
    {
        writer.Write7BitEncodedInt(bytes.Length);
        writer.Write(bytes.Span);
    }

    private static byte[] ReadBytes(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt();
        var bytes = length < 0 ? [] : reader.ReadBytes(length);
        return bytes.Length == length ? bytes : throw new EndOfStreamException($"{length} bytes are not there.");
    }

    private static List<T> ReadList<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        // Every item has at least a byte: what says more is not read.
        var count = reader.Read7BitEncodedInt();
        var left = reader.BaseStream.Length - reader.BaseStream.Position;
        if (count < 0 || count > left)
        {
            throw new FormatException($"A list of {count} items does not fit into {left} bytes.");
        }

        var items = new List<T>(count);
        for (var index = 0; index < count; index++)
        {
            items.Add(read(reader));
        }

        return items;
    }
}
