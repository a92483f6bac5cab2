using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using MimGrains.Mnesia.Storage;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

// append: a record (its parts first, if it is large), on every live silo when it returns.  compact: the state, then the rows before it go.
/// <summary>The log of a fragment whose table is in memory only: records of an internal replicated table.</summary>
/// <remarks>
/// Nothing fences a writer here: it must have retired, or its silo must be dead and levelled, before another one opens the log.
/// </remarks>
internal sealed class RamFragmentLog(FragmentName name, IReplicatedTable<string, RamLogRow> table) : IFragmentLog
{
    private const int RowsMost = 256;

    // A record of a replicated table is limited: what is larger goes into several.
    private const int PartBytes = 256 * 1_024;
    private const int PartsPerWrite = 32;
    private const char PartMark = '/';
    private const long StateNumber = 0;

    private long _compactedThrough;

    public long NextNumber { get; private set; } = 1;

    public bool WantsCompaction => NextNumber - 1 - _compactedThrough > RowsMost;

    public bool NeedsCompaction => NextNumber - 1 - _compactedThrough > 4 * RowsMost;

    public Task<FragmentImage> OpenAsync(CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> state = default;
        if (table.TryGet(KeyOf(StateNumber), out var row))
        {
            var stored = Join(KeyOf(StateNumber), row);
            _compactedThrough = BinaryPrimitives.ReadInt64LittleEndian(stored.Span);
            state = stored[sizeof(long)..];
        }

        List<LogRow> rows = [];
        foreach (var entry in table.Range(KeyRange.GreaterThan(KeyOf(_compactedThrough)).AtMost(KeyOf(long.MaxValue))))
        {
            if (entry.Key.Length == KeyOf(0).Length)
            {
                var number = long.Parse(entry.Key[^KeyDigits..], CultureInfo.InvariantCulture);
                rows.Add(new LogRow(number, Join(entry.Key, entry.Record)));
            }
        }

        NextNumber = rows.Count > 0 ? rows[^1].Number + 1 : _compactedThrough + 1;
        return Task.FromResult<FragmentImage>(new Image(state, _compactedThrough, rows));
    }

    public async Task AppendAsync(long number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (number != NextNumber)
        {
            throw new InvalidOperationException($"The next row of {name} is {NextNumber}, not {number}.");
        }

        try
        {
            await WriteAsync(KeyOf(number), content, cancellationToken);
            NextNumber++;
        }
        catch (WriteNotAcknowledgedException exception)
        {
            throw new LogUnknownException(exception.Message, exception);
        }
        catch (TableUnavailableException exception)
        {
            // The silo is stopping: another one takes over.
            throw new FragmentGoneException(exception.Message);
        }
        catch (ArgumentException exception)
        {
            throw new LogUnavailableException(exception.Message, exception);
        }
    }

    public async Task CompactAsync(
        long through, IReadOnlyCollection<StoredEntry> changes, ReadOnlyMemory<byte> state, CancellationToken cancellationToken)
    {
        var content = new byte[sizeof(long) + state.Length];
        BinaryPrimitives.WriteInt64LittleEndian(content, through);
        state.CopyTo(content.AsMemory(sizeof(long)));
        var before = Keys(KeyRange.GreaterThan(KeyOf(StateNumber)).LessThan(EndOf(through)));
        await WriteAsync(KeyOf(StateNumber), content, cancellationToken);
        await table.DeleteManyAsync(before, cancellationToken);
        _compactedThrough = through;
    }

    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        if (Keys(KeyRange.AtLeast(KeyOf(StateNumber)).LessThan(EndOf(long.MaxValue))) is { Length: > 0 } keys)
        {
            await table.DeleteManyAsync(keys, cancellationToken);
        }
    }

    public Task ReplaceAsync(
        long through, IAsyncEnumerable<StoredEntry> entries, ReadOnlyMemory<byte> state, CancellationToken cancellationToken) =>
        CompactAsync(through, [], state, cancellationToken);

    public ValueTask<ReadOnlyMemory<byte>?> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
        throw NoPages();

    public IAsyncEnumerable<IReadOnlyList<StoredEntry>> ScanAsync(
        ReadOnlyMemory<byte> from, CancellationToken cancellationToken) => throw NoPages();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private const int KeyDigits = 19;

    // Parts first: whoever finds the row finds all of them. They are behind its key and before that of the next row.
    private async Task WriteAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var parts = (content.Length + PartBytes - 1) / PartBytes;
        if (parts <= 1)
        {
            await table.InsertAsync(key, new RamLogRow(content.ToArray()), cancellationToken);
            return;
        }

        var tag = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        foreach (var some in Enumerable.Range(0, parts).Chunk(PartsPerWrite))
        {
            await table.InsertManyAsync([.. some.Select(part => Part(part))], cancellationToken);
        }

        await table.InsertAsync(key, new RamLogRow([], parts, tag), cancellationToken);

        TableEntry<string, RamLogRow> Part(int part)
        {
            var start = part * PartBytes;
            var bytes = content.Slice(start, Math.Min(PartBytes, content.Length - start));
            return new(PartKey(key, tag, part), new RamLogRow(bytes.ToArray()));
        }
    }

    private ReadOnlyMemory<byte> Join(string key, RamLogRow row)
    {
        if (row.Parts == 0)
        {
            return row.Content;
        }

        using var whole = new MemoryStream();
        for (var part = 0; part < row.Parts; part++)
        {
            whole.Write(table.TryGet(PartKey(key, row.Tag, part), out var found)
                ? found.Content
                : throw new InvalidDataException($"Log of fragment {name}: part {part} of row {key} is missing."));
        }

        return whole.GetBuffer().AsMemory(0, (int)whole.Length);
    }

    private string[] Keys(KeyRange<string> range) => [.. table.Range(range).Select(entry => entry.Key)];

    private static string PartKey(string key, long tag, int part) =>
        string.Create(CultureInfo.InvariantCulture, $"{key}{PartMark}{tag:x16}/{part:D6}");

    private string EndOf(long number) => KeyOf(number) + (char)(PartMark + 1);

    private string KeyOf(long number) => string.Create(CultureInfo.InvariantCulture, $"{name}/{number:D19}");

    private InvalidOperationException NoPages() => new($"The log of {name} is in memory: it has no pages.");

    private sealed class Image(ReadOnlyMemory<byte> state, long compactedThrough, List<LogRow> rows) : FragmentImage
    {
        public override ReadOnlyMemory<byte> State => state;

        public override long CompactedThrough => compactedThrough;

        public override long MaxRecords => 0;

        public override long PageBytes => 0;

        public override async IAsyncEnumerable<IReadOnlyList<StoredEntry>> RecordsAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            yield break;
        }

        public override async IAsyncEnumerable<LogRow> RowsAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            foreach (var row in rows)
            {
                yield return row;
            }
        }
    }
}
