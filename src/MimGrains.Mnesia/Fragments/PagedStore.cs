using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

/// <summary>The records of a fragment on disc only: its pages, and in memory the writes that they do not have yet.</summary>
internal sealed class PagedStore(IFragmentLog log, bool isBag) : IFragmentStore
{
    private readonly Lock _gate = new();
    private Layer _writes = new();
    private Layer _compacting = new();

    public bool ReplacesPages => _compacting.IsCleared;

    public bool IsScanned => true;

    public WriteToken Token => default;

    public async ValueTask ReadAsync(ReadOnlyMemory<byte> key, List<byte[]> records, CancellationToken cancellationToken)
    {
        List<FragmentWrite> writes = [];
        bool isWhole;
        lock (_gate)
        {
            // Taken before the page is read: a compaction may end meanwhile, and doing writes once more does no harm.
            if (!_writes.IsCleared)
            {
                writes.AddRange(_compacting.Of(key));
            }

            writes.AddRange(_writes.Of(key));
            isWhole = _writes.IsCleared || _compacting.IsCleared || writes.Exists(IsWhole);
        }

        if (!isWhole && await log.ReadAsync(key, cancellationToken) is { } value)
        {
            records.AddRange(StoredValue.Split(isBag, value));
        }

        writes.ForEach(write => RecordsOfKey.Apply(isBag, write, records));
    }

    public async Task<byte[][][]> ScanAsync(ReadOnlyMemory<byte>? after, CancellationToken cancellationToken)
    {
        var (written, isCleared) = WritesAfter(after);
        await using var pages = (isCleared ? NoPages() : log.ScanAsync(after ?? default, cancellationToken)).GetAsyncEnumerator(
            cancellationToken);
        var page = new ScanPage(isBag);
        while (!page.IsFull && await pages.MoveNextAsync())
        {
            foreach (var entry in pages.Current)
            {
                var key = new RecordKey(entry.Key);
                if (page.IsFull || (after is { } last && key.CompareTo(new RecordKey(last)) <= 0))
                {
                    continue;
                }

                while (written.TryPeek(out var before) && before.Key.CompareTo(key) < 0)
                {
                    page.Add(before.Key, null, written.Dequeue().Writes);
                }

                var isWritten = written.TryPeek(out var same) && same.Key == key;
                page.Add(key, entry.Record, isWritten ? written.Dequeue().Writes : []);
            }
        }

        while (!page.IsFull && written.TryDequeue(out var rest))
        {
            page.Add(rest.Key, null, rest.Writes);
        }

        return page.ToArray();
    }

    public Task ApplyAsync(IReadOnlyList<FragmentWrite> writes)
    {
        lock (_gate)
        {
            foreach (var write in writes)
            {
                if (write.Kind == WriteKind.Clear)
                {
                    _writes = new Layer { IsCleared = true };
                }
                else
                {
                    _writes.Add(write, replaces: IsWhole(write));
                }
            }
        }

        return Task.CompletedTask;
    }

    public Task LoadAsync(
        FragmentImage image, IReadOnlyList<FragmentWrite> writes, bool hasRecords, CancellationToken cancellationToken) =>
        ApplyAsync(writes);

    public void BeginCompaction()
    {
        lock (_gate)
        {
            (_compacting, _writes) = (_writes, new Layer());
        }
    }

    public async Task<IReadOnlyCollection<StoredEntry>> ChangesAsync(CancellationToken cancellationToken)
    {
        List<StoredEntry> changes = [];
        foreach (var (key, writes) in _compacting.Writes)
        {
            List<byte[]> records = [];
            if (!_compacting.IsCleared && !writes.Exists(IsWhole) && await log.ReadAsync(key.Bytes, cancellationToken) is { } value)
            {
                records.AddRange(StoredValue.Split(isBag, value));
            }

            writes.ForEach(write => RecordsOfKey.Apply(isBag, write, records));
            changes.Add(new StoredEntry(key.Bytes, StoredValue.Join(isBag, [.. records.Select(record => (ReadOnlyMemory<byte>)record)])));
        }

        return changes;
    }

    public void EndCompaction(bool isDone)
    {
        lock (_gate)
        {
            if (!isDone && !_writes.IsCleared)
            {
                // As if it had not begun: the later writes behind the earlier ones.
                foreach (var write in _writes.Writes.Values.SelectMany(writes => writes))
                {
                    _compacting.Add(write, replaces: IsWhole(write));
                }

                _writes = _compacting;
            }

            _compacting = new Layer();
        }
    }

    // As in ReadAsync: taken before pages are read, in which they may be meanwhile.
    private (Queue<(RecordKey Key, List<FragmentWrite> Writes)> Written, bool IsCleared) WritesAfter(ReadOnlyMemory<byte>? after)
    {
        lock (_gate)
        {
            var isCleared = _writes.IsCleared || _compacting.IsCleared;
            var compacting = _writes.IsCleared ? new Layer() : _compacting;
            var keys = compacting.Writes.Keys.Union(_writes.Writes.Keys);
            return (new(keys.Where(key => after is not { } last || key.CompareTo(new RecordKey(last)) > 0)
                .Order().Select(key => (key, (List<FragmentWrite>)[.. compacting.Of(key.Bytes), .. _writes.Of(key.Bytes)]))), isCleared);
        }
    }

    private static async IAsyncEnumerable<IReadOnlyList<StoredEntry>> NoPages()
    {
        await Task.CompletedTask;
        yield break;
    }

    // Whatever was there before does not count.
    private bool IsWhole(FragmentWrite write) => write.Kind == WriteKind.Delete || (write.Kind == WriteKind.Put && !isBag);

    /// <summary>Keys and records of one answer to a scan.</summary>
    private sealed class ScanPage(bool isBag)
    {
        private const int KeysMost = 1_000;
        private const int BytesMost = 1_024 * 1_024;

        private readonly List<byte[][]> _keys = [];
        private int _bytes;

        public bool IsFull => _keys.Count >= KeysMost || _bytes >= BytesMost;

        public void Add(RecordKey key, ReadOnlyMemory<byte>? stored, List<FragmentWrite> writes)
        {
            List<byte[]> records = stored is { } value ? [.. StoredValue.Split(isBag, value)] : [];
            writes.ForEach(write => RecordsOfKey.Apply(isBag, write, records));
            if (records.Count > 0)
            {
                _keys.Add([key.Bytes.ToArray(), .. records]);
                _bytes += key.Bytes.Length + records.Sum(record => record.Length);
            }
        }

        public byte[][][] ToArray() => [.. _keys];
    }

    /// <summary>Writes of some time, by key.</summary>
    private sealed class Layer
    {
        public Dictionary<RecordKey, List<FragmentWrite>> Writes { get; } = [];

        /// <summary>Whether all records were deleted before these writes.</summary>
        public bool IsCleared { get; init; }

        public List<FragmentWrite> Of(ReadOnlyMemory<byte> key) => Writes.GetValueOrDefault(new RecordKey(key)) ?? [];

        public void Add(FragmentWrite write, bool replaces)
        {
            var key = new RecordKey(write.Key);
            if (replaces || !Writes.TryGetValue(key, out var ofKey))
            {
                Writes[key] = ofKey = [];
            }

            ofKey.Add(write);
        }
    }
}
