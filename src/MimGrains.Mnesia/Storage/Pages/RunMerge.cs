using System.Runtime.CompilerServices;

namespace MimGrains.Mnesia.Storage.Pages;

/// <summary>Puts runs together: ascending by key, and of each key what the newest run says.</summary>
internal static class RunMerge
{
    private const int BatchEntries = 1_024;
    private const int BatchBytes = 1_024 * 1_024;

    /// <summary>Returns the entries of all runs.</summary>
    /// <param name="runs">The pages of each, the newest run first.</param>
    /// <param name="from">The first key; empty for all. The pages before its page may be left out.</param>
    /// <param name="keepDeleted">Whether deletions are handed out; else they only hide what older runs have.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<IReadOnlyList<StoredEntry>> MergeAsync(
        IReadOnlyList<IAsyncEnumerable<Page>> runs,
        ReadOnlyMemory<byte> from,
        bool keepDeleted,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<Cursor> cursors = [];
        try
        {
            foreach (var run in runs)
            {
                var cursor = new Cursor(run.GetAsyncEnumerator(cancellationToken));
                cursors.Add(cursor);
                await cursor.BeginAsync(from);
            }

            List<StoredEntry> batch = [];
            var bytes = 0;
            while (Least(cursors) is { } least)
            {
                var entry = least.Current;
                if (keepDeleted || entry.Record is not null)
                {
                    batch.Add(entry);
                    bytes += entry.Key.Length + (entry.Record?.Length ?? 0);
                }

                foreach (var cursor in cursors)
                {
                    if (!cursor.IsAtEnd && cursor.Current.Key.Span.SequenceEqual(entry.Key.Span))
                    {
                        await cursor.MoveAsync();
                    }
                }

                if (batch.Count == BatchEntries || bytes >= BatchBytes)
                {
                    yield return batch;
                    (batch, bytes) = ([], 0);
                }
            }

            if (batch.Count > 0)
            {
                yield return batch;
            }
        }
        finally
        {
            foreach (var cursor in cursors)
            {
                await cursor.DisposeAsync();
            }
        }
    }

    // Of equal keys the first cursor's: its run is the newest. There are few runs, so that looking at all is no loss.
    private static Cursor? Least(List<Cursor> cursors)
    {
        Cursor? least = null;
        foreach (var cursor in cursors)
        {
            if (!cursor.IsAtEnd && (least is null || KeyOrder.Compare(cursor.Current.Key, least.Current.Key) < 0))
            {
                least = cursor;
            }
        }

        return least;
    }

    private sealed class Cursor(IAsyncEnumerator<Page> pages) : IAsyncDisposable
    {
        private IReadOnlyList<StoredEntry> _entries = [];
        private int _place;

        public bool IsAtEnd { get; private set; }

        public StoredEntry Current => _entries[_place];

        public async ValueTask BeginAsync(ReadOnlyMemory<byte> from)
        {
            _place = -1;
            do
            {
                await NextPageAsync();
                _place = IsAtEnd || from.IsEmpty ? 0 : pages.Current.FirstFrom(from.Span);
            }
            while (!IsAtEnd && _place == _entries.Count);
        }

        public ValueTask MoveAsync() => ++_place < _entries.Count ? default : NextPageAsync();

        public ValueTask DisposeAsync() => pages.DisposeAsync();

        private async ValueTask NextPageAsync()
        {
            (_entries, _place) = ([], 0);
            while (_entries.Count == 0 && !IsAtEnd)
            {
                if (await pages.MoveNextAsync())
                {
                    _entries = pages.Current.Entries;
                }
                else
                {
                    IsAtEnd = true;
                }
            }
        }
    }
}
