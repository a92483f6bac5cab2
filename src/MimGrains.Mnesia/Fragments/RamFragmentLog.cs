using System.Buffers.Binary;
using System.Globalization;
using MimGrains.Mnesia.Storage;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

// append: a record, on every live silo when it returns.  compact: the state, then the rows before it go.
/// <summary>The log of a fragment whose table is in memory only: records of an internal replicated table.</summary>
/// <remarks>
/// Nothing fences a writer here: it must have retired, or its silo must be dead and levelled, before another one opens the log.
/// </remarks>
internal sealed class RamFragmentLog(FragmentName name, IReplicatedTable<string, RamLogRow> table) : IFragmentLog
{
    private const int RowsMost = 256;
    private const long StateNumber = 0;

    private long _compactedThrough;

    public long NextNumber { get; private set; } = 1;

    public bool WantsCompaction => NextNumber - 1 - _compactedThrough > RowsMost;

    public Task<FragmentImage> OpenAsync(CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> state = default;
        if (table.TryGet(KeyOf(StateNumber), out var row))
        {
            _compactedThrough = BinaryPrimitives.ReadInt64LittleEndian(row.Content);
            state = row.Content.AsMemory(sizeof(long));
        }

        List<LogRow> rows = [];
        foreach (var entry in table.Range(KeyRange.GreaterThan(KeyOf(_compactedThrough)).AtMost(KeyOf(long.MaxValue))))
        {
            rows.Add(new LogRow(long.Parse(entry.Key[^KeyDigits..], CultureInfo.InvariantCulture), entry.Record.Content));
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
            await table.InsertAsync(KeyOf(number), new RamLogRow(content.ToArray()), cancellationToken);
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
        await table.InsertAsync(KeyOf(StateNumber), new RamLogRow(content), cancellationToken);
        await table.DeleteManyAsync(
            [.. table.Range(KeyRange.AtLeast(KeyOf(1)).AtMost(KeyOf(through))).Select(entry => entry.Key)], cancellationToken);
        _compactedThrough = through;
    }

    public async Task DeleteAsync(CancellationToken cancellationToken) => await table.DeleteManyAsync(
        [.. table.Range(KeyRange.AtLeast(KeyOf(StateNumber)).AtMost(KeyOf(long.MaxValue))).Select(entry => entry.Key)],
        cancellationToken);

    public Task ReplaceAsync(
        long through, IAsyncEnumerable<StoredEntry> entries, ReadOnlyMemory<byte> state, CancellationToken cancellationToken) =>
        CompactAsync(through, [], state, cancellationToken);

    public ValueTask<ReadOnlyMemory<byte>?> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
        throw NoPages();

    public IAsyncEnumerable<IReadOnlyList<StoredEntry>> ScanAsync(
        ReadOnlyMemory<byte> from, CancellationToken cancellationToken) => throw NoPages();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private const int KeyDigits = 19;

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
