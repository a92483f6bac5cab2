using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

/// <summary>The records of a fragment on disc only: its pages, and in memory the writes that they do not have yet.</summary>
internal sealed class PagedStore(IFragmentLog log, bool isBag) : IFragmentStore
{
    private readonly Lock _gate = new();
    private Dictionary<RecordKey, List<FragmentWrite>> _writes = [];
    private Dictionary<RecordKey, List<FragmentWrite>> _compacting = [];

    public WriteToken Token => default;

    public async ValueTask ReadAsync(ReadOnlyMemory<byte> key, List<byte[]> records, CancellationToken cancellationToken)
    {
        List<FragmentWrite> writes = [];
        lock (_gate)
        {
            // Taken before the page is read: a compaction may end meanwhile, and doing writes once more does no harm.
            writes.AddRange(_compacting.GetValueOrDefault(new RecordKey(key)) ?? []);
            writes.AddRange(_writes.GetValueOrDefault(new RecordKey(key)) ?? []);
        }

        var page = writes.Exists(IsWhole) ? null : await log.ReadAsync(key, cancellationToken);
        if (page is { } value)
        {
            records.AddRange(StoredValue.Split(isBag, value));
        }

        writes.ForEach(write => RecordsOfKey.Apply(isBag, write, records));
    }

    /// <exception cref="NotSupportedException">All records are to be deleted.</exception>
    public Task ApplyAsync(IReadOnlyList<FragmentWrite> writes)
    {
        lock (_gate)
        {
            foreach (var write in writes)
            {
                if (write.Kind == WriteKind.Clear)
                {
                    throw new NotSupportedException("A table on disc only is cleared by replacing its pages.");
                }

                var key = new RecordKey(write.Key);
                if (IsWhole(write) || !_writes.TryGetValue(key, out var ofKey))
                {
                    _writes[key] = ofKey = [];
                }

                ofKey.Add(write);
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
            (_compacting, _writes) = (_writes, _compacting);
        }
    }

    public async Task<IReadOnlyCollection<StoredEntry>> ChangesAsync(CancellationToken cancellationToken)
    {
        List<StoredEntry> changes = [];
        foreach (var key in _compacting.Keys)
        {
            List<byte[]> records = [];
            await ReadAsync(key.Bytes, records, cancellationToken);
            changes.Add(new StoredEntry(key.Bytes, StoredValue.Join(isBag, [.. records.Select(record => (ReadOnlyMemory<byte>)record)])));
        }

        return changes;
    }

    public void EndCompaction(bool isDone)
    {
        lock (_gate)
        {
            foreach (var (key, writes) in isDone ? [] : _compacting)
            {
                _writes[key] = [.. writes, .. _writes.GetValueOrDefault(key) ?? []];
            }

            _compacting = [];
        }
    }

    // Whatever was there before does not count.
    private bool IsWhole(FragmentWrite write) => write.Kind == WriteKind.Delete || (write.Kind == WriteKind.Put && !isBag);
}
