using System.Diagnostics.CodeAnalysis;
using MimGrains.Tables;

namespace MimGrains.Backends;

/// <summary>Keeps records in a replicated table: <c>backend = "cets"</c>. Its leader decides what only one may win.</summary>
internal sealed class ReplicatedStore<TKey, TRecord>(IReplicatedTable<TKey, TRecord> table) : IBackendStore<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record) => table.TryGet(key, out record);

    public IReadOnlyList<TableEntry<TKey, TRecord>> Lookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull => table.Lookup(index, value);

    public long CountLookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull => table.CountLookup(index, value);

    public IEnumerable<TableEntry<TKey, TRecord>> All() => table.Dump();

    public Task WaitForReadyAsync(CancellationToken cancellationToken) => table.WaitForReadyAsync(cancellationToken);

    public Task InsertAsync(TKey key, TRecord record, CancellationToken cancellationToken) =>
        table.InsertAsync(key, record, cancellationToken);

    public Task DeleteAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken) =>
        keys.Count == 0 ? Task.CompletedTask : table.DeleteManyAsync(keys, cancellationToken);

    public Task InsertSerialAsync(TKey key, TRecord record, CancellationToken cancellationToken) =>
        table.InsertSerialAsync(key, record, cancellationToken);

    public Task<InsertNewResult<TRecord>> InsertNewOrLookupAsync(TKey key, TRecord record, CancellationToken cancellationToken) =>
        table.InsertNewOrLookupAsync(key, record, cancellationToken);

    // The leader decides one key at a time: what was inserted before one that is taken is deleted again.
    public async Task<int?> InsertAllNewAsync(
        IReadOnlyList<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken)
    {
        var inserted = 0;
        try
        {
            while (inserted < entries.Count
                && await table.InsertNewAsync(entries[inserted].Key, entries[inserted].Record, cancellationToken).ConfigureAwait(false))
            {
                inserted++;
            }
        }
        catch
        {
            await UndoAsync().ConfigureAwait(false);
            throw;
        }

        if (inserted == entries.Count)
        {
            return null;
        }

        await UndoAsync().ConfigureAwait(false);
        return inserted;

        async Task UndoAsync()
        {
            foreach (var (key, record) in entries.Take(inserted))
            {
                await table.CompareAndDeleteAsync(key, record, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    public Task<bool> CompareAndDeleteAsync(TKey key, TRecord expected, CancellationToken cancellationToken) =>
        table.CompareAndDeleteAsync(key, expected, cancellationToken);
}
