using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using MimGrains.Mnesia.Storage.Pages;

namespace MimGrains.Mnesia.Storage;

/// <summary>What of a fragment counts: one row, changed by its version only.</summary>
/// <param name="Changes">How often it was changed.</param>
/// <param name="Writer">How often the fragment was opened: the number of its writer.</param>
/// <param name="WriterMark">A random number of the writer's own, to know its changes again.</param>
/// <param name="Slots">In how many rows the log goes round.</param>
/// <param name="CompactedThrough">The last row of the log that is in the pages; 0 if none is.</param>
/// <param name="ChainHash">That row's checksum; 0 if there is none.</param>
/// <param name="Flushes">How many runs this writer has made from its log.</param>
/// <param name="Merges">How many runs this writer has made from other runs.</param>
/// <param name="IsDeleted">Whether the fragment is being deleted.</param>
/// <param name="State">What the fragment's code wanted to be kept.</param>
/// <param name="Runs">The runs that count, the newest first.</param>
/// <param name="Obsolete">Runs whose rows may still be there, and may go.</param>
internal sealed record Manifest(
    long Changes,
    long Writer,
    long WriterMark,
    int Slots,
    long CompactedThrough,
    ulong ChainHash,
    int Flushes,
    int Merges,
    bool IsDeleted,
    ReadOnlyMemory<byte> State,
    IReadOnlyList<RunInfo> Runs,
    IReadOnlyList<RunInfo> Obsolete)
{
    // Which run is written next is known before it is begun: whoever opens the fragment after a crash can remove what is there.
    public string NextFlush => $"run{Writer}f{Flushes}";

    public string NextMerge => $"run{Writer}m{Merges}";

    public static Manifest Empty(int slots) => new(0, 0, 0, slots, 0, 0, 0, 0, false, default, [], []);

    /// <summary>Returns what a new writer makes of it.</summary>
    public Manifest OpenedBy(long writerMark) => this with
    {
        Writer = Writer + 1,
        WriterMark = writerMark,
        Flushes = 0,
        Merges = 0,
        Obsolete = Writer == 0 ? [] : [.. Obsolete, RunInfo.Unfinished(NextFlush), RunInfo.Unfinished(NextMerge)],
    };

    /// <exception cref="InvalidDataException">It is no manifest; the message says what is wrong with it.</exception>
    public static Manifest Read(ReadOnlyMemory<byte> content)
    {
        var reader = new ByteReader(content);
        var manifest = new Manifest(
            reader.ReadNumber(),
            reader.ReadNumber(),
            BinaryPrimitives.ReadInt64LittleEndian(reader.Read(sizeof(long)).Span),
            (int)reader.ReadNumber(),
            reader.ReadNumber(),
            BinaryPrimitives.ReadUInt64LittleEndian(reader.Read(sizeof(ulong)).Span),
            (int)reader.ReadNumber(),
            (int)reader.ReadNumber(),
            reader.ReadNumber() != 0,
            reader.ReadBytes(),
            ReadRuns(ref reader),
            ReadRuns(ref reader));
        return reader.IsAtEnd && manifest.Slots > 0 && manifest.Changes > 0
            ? manifest
            : throw new InvalidDataException("it is no manifest");
    }

    public ReadOnlyMemory<byte> Write()
    {
        var output = new ArrayBufferWriter<byte>();
        output.WriteNumber(Changes);
        output.WriteNumber(Writer);
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), WriterMark);
        output.Advance(sizeof(long));
        output.WriteNumber(Slots);
        output.WriteNumber(CompactedThrough);
        BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(sizeof(ulong)), ChainHash);
        output.Advance(sizeof(ulong));
        output.WriteNumber(Flushes);
        output.WriteNumber(Merges);
        output.WriteNumber(IsDeleted ? 1 : 0);
        output.WriteBytes(State.Span);
        WriteRuns(output, Runs);
        WriteRuns(output, Obsolete);
        return output.WrittenMemory;
    }

    private static List<RunInfo> ReadRuns(ref ByteReader reader)
    {
        List<RunInfo> runs = [];
        for (var left = reader.ReadNumber(); left > 0; left--)
        {
            runs.Add(new RunInfo(
                Encoding.UTF8.GetString(reader.ReadBytes().Span),
                (int)reader.ReadNumber() - 1,
                (int)reader.ReadNumber(),
                reader.ReadNumber(),
                reader.ReadNumber()));
        }

        return runs;
    }

    private static void WriteRuns(ArrayBufferWriter<byte> output, IReadOnlyList<RunInfo> runs)
    {
        output.WriteNumber(runs.Count);
        foreach (var run in runs)
        {
            output.WriteBytes(Encoding.UTF8.GetBytes(run.Id));
            output.WriteNumber(run.Pages + 1);
            output.WriteNumber(run.IndexParts);
            output.WriteNumber(run.Entries);
            output.WriteNumber(run.SizeBytes);
        }
    }
}
