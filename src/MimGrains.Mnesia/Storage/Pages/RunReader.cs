using System.Runtime.CompilerServices;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Storage.Pages;

/// <summary>Reads the pages of runs: one, or many in order with a few read ahead.</summary>
internal sealed class RunReader(FragmentName name, RowCaller rows, RowKeys keys, FragmentStorageOptions options)
{
    /// <summary>Returns a page.</summary>
    /// <exception cref="FragmentCorruptException">It is damaged or missing.</exception>
    /// <exception cref="LogUnavailableException">The database does not answer.</exception>
    public async Task<Page> ReadPageAsync(RunInfo run, int page, CancellationToken cancellationToken)
    {
        var content = await ReadAsync(keys.Page(run.Id, page), RowKind.Page, $"page {page} of {run.Id}", cancellationToken);
        return Parse(() => Page.Read(content), $"page {page} of {run.Id}");
    }

    /// <summary>Returns the pages from one on, reading ahead.</summary>
    /// <inheritdoc cref="ReadPageAsync"/>
    public async IAsyncEnumerable<Page> ReadPagesAsync(
        RunInfo run, int first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var ahead = new Queue<Task<Page>>();
        try
        {
            var next = first;
            while (next < run.Pages || ahead.Count > 0)
            {
                while (next < run.Pages && ahead.Count < options.Window)
                {
                    ahead.Enqueue(ReadPageAsync(run, next++, cancellationToken));
                }

                yield return await ahead.Peek();
                _ = ahead.Dequeue();
            }
        }
        finally
        {
            await ReadAhead.SettleAsync(ahead);
        }
    }

    /// <summary>Returns the first key of every page.</summary>
    /// <inheritdoc cref="ReadPageAsync"/>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ReadIndexAsync(RunInfo run, CancellationToken cancellationToken)
    {
        List<ReadOnlyMemory<byte>> firstKeys = [];
        for (var part = 0; part < run.IndexParts; part++)
        {
            var what = $"index {part} of {run.Id}";
            var content = await ReadAsync(keys.Index(run.Id, part), RowKind.Index, what, cancellationToken);
            firstKeys.AddRange(Parse(() => ReadKeys(content), what));
        }

        return firstKeys.Count == run.Pages
            ? firstKeys
            : throw new FragmentCorruptException(
                $"Fragment {name}: the index of {run.Id} knows {firstKeys.Count} pages, there are {run.Pages}.");
    }

    private static List<ReadOnlyMemory<byte>> ReadKeys(ReadOnlyMemory<byte> content)
    {
        List<ReadOnlyMemory<byte>> keys = [];
        var reader = new ByteReader(content);
        while (!reader.IsAtEnd)
        {
            keys.Add(reader.ReadBytes());
        }

        return keys;
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(string key, RowKind kind, string part, CancellationToken cancellationToken)
    {
        var row = await rows.ReadAsync(key, part, cancellationToken)
            ?? throw new FragmentCorruptException($"Fragment {name}: {part} is missing (row {key}).");
        return Parse(() => RowFormat.Decode(key, kind, row.Content, out _), part);
    }

    private T Parse<T>(Func<T> parse, string part)
    {
        try
        {
            return parse();
        }
        catch (InvalidDataException exception)
        {
            throw new FragmentCorruptException($"Fragment {name}: {part} is damaged: {exception.Message}.");
        }
    }
}
