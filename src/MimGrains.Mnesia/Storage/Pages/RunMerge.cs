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
                if (least.IsPageBefore(cursors))
                {
                    // As most are where keys grow with time, or where there is one run only.
                    if (batch.Count > 0)
                    {
                        yield return batch;
                        (batch, bytes) = ([], 0);
                    }

                    var rest = await least.TakePageAsync();
                    yield return keepDeleted || !rest.Any(entry => entry.Record is null) ? rest : [.. rest.Where(entry => entry.Record is not null)];
                    continue;
                }

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
        private bool _isMixed;

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

        /// <summary>Whether the rest of the page comes before all that the others have. Asked of the least one.</summary>
        public bool IsPageBefore(List<Cursor> cursors)
        {
            // Looked at once a page, or it would cost as much as it saves where runs are mixed.
            if (_isMixed)
            {
                return false;
            }

            var last = _entries[^1].Key;
            foreach (var other in cursors)
            {
                _isMixed |= other != this && !other.IsAtEnd && KeyOrder.Compare(other.Current.Key, last) <= 0;
            }

            return !_isMixed;
        }

        /// <summary>Takes the rest of the page.</summary>
        public async ValueTask<ArraySegment<StoredEntry>> TakePageAsync()
        {
            var rest = pages.Current.From(_place);
            await NextPageAsync();
            return rest;
        }

        public ValueTask MoveAsync() => ++_place < _entries.Count ? default : NextPageAsync();

        public ValueTask DisposeAsync() => pages.DisposeAsync();

        private async ValueTask NextPageAsync()
        {
            (_entries, _place, _isMixed) = ([], 0, false);
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
