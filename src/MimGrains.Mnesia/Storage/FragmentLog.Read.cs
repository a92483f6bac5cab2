using System.Runtime.CompilerServices;
using MimGrains.Mnesia.Storage.Pages;

namespace MimGrains.Mnesia.Storage;

// look up: newest run first -> its index says which page -> page from the cache or the database -> found, deleted, or next run
internal sealed partial class FragmentLog
{
    private readonly Dictionary<string, Task<IReadOnlyList<ReadOnlyMemory<byte>>>> _indexes = new(StringComparer.Ordinal);

    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        RequireOpen();
        var runs = PinRuns();
        try
        {
            foreach (var run in runs)
            {
                var page = PageOf(await IndexAsync(run, cancellationToken), key);
                if (page >= 0 && (await CachedPageAsync(run, page, cancellationToken)).TryGet(key.Span, out var entry))
                {
                    return entry.Record;
                }
            }

            return null;
        }
        finally
        {
            Unpin(runs);
        }
    }

    public IAsyncEnumerable<IReadOnlyList<StoredEntry>> ScanAsync(ReadOnlyMemory<byte> from, CancellationToken cancellationToken)
    {
        RequireOpen();
        return ScanRunsAsync(from, cancellationToken);
    }

    private async IAsyncEnumerable<IReadOnlyList<StoredEntry>> ScanRunsAsync(
        ReadOnlyMemory<byte> from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var runs = PinRuns();
        try
        {
            List<IAsyncEnumerable<Page>> pages = [];
            foreach (var run in runs)
            {
                var first = from.IsEmpty ? 0 : Math.Max(0, PageOf(await IndexAsync(run, cancellationToken), from));
                pages.Add(_reader.ReadPagesAsync(run, first, cancellationToken));
            }

            await foreach (var batch in RunMerge.MergeAsync(pages, from, keepDeleted: false, cancellationToken))
            {
                yield return batch;
            }
        }
        finally
        {
            Unpin(runs);
        }
    }

    // The last page that begins with this key or one before it; -1 if there is none.
    private static int PageOf(IReadOnlyList<ReadOnlyMemory<byte>> firstKeys, ReadOnlyMemory<byte> key)
    {
        var (low, high) = (0, firstKeys.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (KeyOrder.Compare(firstKeys[middle], key) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private async Task<Page> CachedPageAsync(RunInfo run, int number, CancellationToken cancellationToken)
    {
        var key = _keys.Page(run.Id, number);
        if (_cache.Find(key) is { } cached)
        {
            return cached;
        }

        var page = await _reader.ReadPageAsync(run, number, cancellationToken);
        _cache.Add(key, page);
        return page;
    }

    // Read once for a run that is looked into. A read that failed is not kept.
    private async Task<IReadOnlyList<ReadOnlyMemory<byte>>> IndexAsync(RunInfo run, CancellationToken cancellationToken)
    {
        Task<IReadOnlyList<ReadOnlyMemory<byte>>>? reading;
        lock (_lock)
        {
            if (!_indexes.TryGetValue(run.Id, out reading) || reading.IsFaulted || reading.IsCanceled)
            {
                foreach (var gone in _indexes.Keys.Except(_manifest.Runs.Select(other => other.Id)).ToArray())
                {
                    _indexes.Remove(gone);
                }

                reading = _reader.ReadIndexAsync(run, _closing.Token);
                _indexes[run.Id] = reading;
            }
        }

        return await reading.WaitAsync(cancellationToken);
    }
}
