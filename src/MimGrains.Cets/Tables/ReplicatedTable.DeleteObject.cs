using System.Buffers;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

internal sealed partial class ReplicatedTable<TKey, TRecord>
{
    public async Task<bool> DeleteObjectAsync(TKey key, TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(record);
        return await DeleteObjectsAsync([new(key, record)], cancellationToken) == 1;
    }

    public async Task<int> DeleteObjectsAsync(
        IReadOnlyCollection<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken = default)
    {
        CheckEntries(entries);
        if (MustWait)
        {
            await WaitUntilWritable(cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        var deleted = 0;
        CommitGroup? group = null;
        var body = new ArrayBufferWriter<byte>();
        foreach (var turn in entries.Chunk(RecordsPerTurn))
        {
            lock (Gate)
            {
                foreach (var (key, record) in turn)
                {
                    if (!_replica.TryGet(key, out var held) || !_replica.AreEqual(key, held, record))
                    {
                        continue;
                    }

                    body.ResetWrittenCount();
                    _codec.Encode(key, null, body);
                    group = Write_NeedsGate(key, null, body.WrittenSpan);
                    deleted++;
                }
            }
        }

        await Done(group, cancellationToken);
        return deleted;
    }
}
