using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Tables;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

/// <summary>The records of a fragment in the copy of its silo, which is complete: the fragment is its only writer.</summary>
internal sealed class CopyStore(ITableCopy copy, int fragment, bool isBag, bool isOnDisc) : IFragmentStore
{
    private const int WritesPerTurn = 512;

    // While some turns are read, another one is applied: on this many processors at most.
    private const int TurnsAheadMost = 8;

    private static readonly int TurnsAhead = Math.Min(Environment.ProcessorCount, TurnsAheadMost);

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
        if (!hasRecords)
        {
            // Apart from the fragment's turns, which it would wait for again and again.
            await Task.Run(() => LoadPagesAsync(image, cancellationToken), cancellationToken);
        }

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

    // pages read ahead -> turns of them read as keys and records, several at a time -> applied in order
    private async Task LoadPagesAsync(FragmentImage image, CancellationToken cancellationToken)
    {
        copy.Reserve(image.MaxRecords);
        var last = Task.CompletedTask;
        Queue<Task<Func<Task>>> ahead = [];
        try
        {
            await foreach (var batch in image.RecordsAsync(cancellationToken))
            {
                for (var from = 0; from < batch.Count; from += WritesPerTurn)
                {
                    var start = from;
                    ahead.Enqueue(Task.Run(() => copy.Prepare(fragment, PutsOf(batch, start)), cancellationToken));
                    if (ahead.Count > TurnsAhead)
                    {
                        last = await ApplyNextAsync();
                    }
                }
            }

            while (ahead.Count > 0)
            {
                last = await ApplyNextAsync();
            }
        }
        finally
        {
            await ReadAhead.SettleAsync(ahead);
        }

        await last;

        async Task<Task> ApplyNextAsync()
        {
            var apply = await ahead.Peek();
            _ = ahead.Dequeue();
            await copy.WaitUntilWritableAsync(cancellationToken);
            return apply();
        }
    }

    // The bytes are those of the pages: the copy keeps none of them.
    private List<FragmentWrite> PutsOf(IReadOnlyList<StoredEntry> batch, int from)
    {
        var until = Math.Min(from + WritesPerTurn, batch.Count);
        var puts = new List<FragmentWrite>(until - from);
        for (var at = from; at < until; at++)
        {
            var (key, value) = batch[at];
            if (value is { } single && !isBag)
            {
                puts.Add(new FragmentWrite(WriteKind.Put, key, single));
            }
            else if (value is { } several)
            {
                puts.AddRange(StoredValue.Split(isBag, several).Select(record => new FragmentWrite(WriteKind.Put, key, record)));
            }
        }

        return puts;
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
}
