using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Tables;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

/// <summary>The records of a fragment in the copy of its silo, which is complete: the fragment is its only writer.</summary>
internal sealed class CopyStore(ITableCopy copy, int fragment, bool isBag, bool isOnDisc) : IFragmentStore
{
    private const int WritesPerTurn = 512;

    private readonly Lock _gate = new();
    private HashSet<RecordKey> _changed = [];
    private HashSet<RecordKey> _compacting = [];

    public bool ReplacesPages => false;

    public WriteToken Token => copy.LastWrite;

    public ValueTask ReadAsync(ReadOnlyMemory<byte> key, List<byte[]> records, CancellationToken cancellationToken)
    {
        records.AddRange(Read(key).Select(record => record.ToArray()));
        return ValueTask.CompletedTask;
    }

    public Task ApplyAsync(IReadOnlyList<FragmentWrite> writes)
    {
        if (isOnDisc)
        {
            Note(writes);
        }

        return Put(writes);
    }

    private Task Put(IReadOnlyList<FragmentWrite> writes) =>
        copy.ApplyAsync(fragment, writes);

    public async Task LoadAsync(
        FragmentImage image, IReadOnlyList<FragmentWrite> writes, bool hasRecords, CancellationToken cancellationToken)
    {
        Task last = Task.CompletedTask;
        await foreach (var batch in hasRecords ? Nothing() : image.RecordsAsync(cancellationToken))
        {
            List<FragmentWrite> puts = [];
            foreach (var entry in batch.Where(entry => entry.Record is not null))
            {
                // Pages are whole: what is kept is copied.
                var key = entry.Key.ToArray();
                puts.AddRange(StoredValue.Split(isBag, entry.Record!.Value).Select(record => new FragmentWrite(WriteKind.Put, key, record)));
            }

            await copy.WaitUntilWritableAsync(cancellationToken);
            last = Put(puts);
        }

        await last;
        // Rows that the owner before has applied are applied once more: what they say in the end, so that no reader sees it on the way.
        foreach (var turn in (isBag ? writes : Last(writes)).Chunk(WritesPerTurn))
        {
            await ApplyAsync(turn);
        }
    }

    public void BeginCompaction()
    {
        lock (_gate)
        {
            (_compacting, _changed) = (_changed, _compacting);
        }
    }

    public Task<IReadOnlyCollection<StoredEntry>> ChangesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyCollection<StoredEntry>>(
            [.. _compacting.Select(key => new StoredEntry(key.Bytes, StoredValue.Join(isBag, Read(key.Bytes))))]);

    public void EndCompaction(bool isDone)
    {
        lock (_gate)
        {
            if (!isDone)
            {
                _changed.UnionWith(_compacting);
            }

            _compacting.Clear();
        }
    }

    private void Note(IReadOnlyList<FragmentWrite> writes)
    {
        lock (_gate)
        {
            foreach (var write in writes)
            {
                if (write.Kind == WriteKind.Clear)
                {
                    _changed.UnionWith(copy.Entries(fragment).Select(entry => new RecordKey(entry.Key)));
                }
                else
                {
                    _changed.Add(new RecordKey(write.Key));
                }
            }
        }
    }

    private List<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> key)
    {
        List<ReadOnlyMemory<byte>> records = [];
        copy.Read(key, records);
        return records;
    }

    private static IEnumerable<FragmentWrite> Last(IReadOnlyList<FragmentWrite> writes)
    {
        var lastClear = -1;
        Dictionary<RecordKey, FragmentWrite> last = [];
        for (var index = 0; index < writes.Count; index++)
        {
            if (writes[index].Kind == WriteKind.Clear)
            {
                last.Clear();
                lastClear = index;
            }
            else if (writes[index].Kind == WriteKind.DeleteObject)
            {
                // Depends on what is there: nothing can be left out.
                return writes;
            }
            else
            {
                last[new RecordKey(writes[index].Key)] = writes[index];
            }
        }

        return lastClear < 0 ? last.Values : last.Values.Prepend(writes[lastClear]);
    }

    private static async IAsyncEnumerable<IReadOnlyList<StoredEntry>> Nothing()
    {
        await Task.CompletedTask;
        yield break;
    }
}
