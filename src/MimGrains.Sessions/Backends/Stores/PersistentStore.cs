using System.Diagnostics.CodeAnalysis;
using MimGrains.Persistent;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Backends;

/// <summary>
/// Keeps records in a persistent table in memory: <c>backend = "mnesia"</c>. A transaction decides what only one may win.
/// </summary>
internal sealed class PersistentStore<TKey, TRecord>(IPersistentTable<TKey, TRecord> table, ITransactions transactions)
    : IBackendStore<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record) => table.TryGet(key, out record);

    public IReadOnlyList<TableEntry<TKey, TRecord>> Lookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull => table.Lookup(index, value);

    public long CountLookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull => table.CountLookup(index, value);

    public IEnumerable<TableEntry<TKey, TRecord>> All() => table.Range();

    public Task WaitForReadyAsync(CancellationToken cancellationToken) => table.WaitForLoadedAsync(cancellationToken);

    public Task InsertAsync(TKey key, TRecord record, CancellationToken cancellationToken) =>
        PersistentErrors.TellAsync(transactions.SyncDirtyAsync(
            async activity => await activity.WriteAsync(table.Definition, key, record), cancellationToken));

    public Task DeleteAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken) => keys.Count == 0
        ? Task.CompletedTask
        : PersistentErrors.TellAsync(transactions.SyncDirtyAsync(
            async activity =>
            {
                foreach (var key in keys)
                {
                    await activity.DeleteAsync(table.Definition, key);
                }
            },
            cancellationToken));

    public Task InsertSerialAsync(TKey key, TRecord record, CancellationToken cancellationToken) => RunAsync(
        async transaction =>
        {
            await transaction.WriteAsync(table.Definition, key, record);
            return true;
        },
        cancellationToken);

    public Task<InsertNewResult<TRecord>> InsertNewOrLookupAsync(TKey key, TRecord record, CancellationToken cancellationToken) =>
        RunAsync(
            async transaction =>
            {
                if (await transaction.ReadForWriteAsync(table.Definition, key) is { } found)
                {
                    return new InsertNewResult<TRecord>(false, found);
                }

                await transaction.WriteAsync(table.Definition, key, record);
                return new InsertNewResult<TRecord>(true, record);
            },
            cancellationToken);

    public Task<int?> InsertAllNewAsync(
        IReadOnlyList<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken) => RunAsync<int?>(
        async transaction =>
        {
            var taken = new HashSet<TKey>();
            for (var place = 0; place < entries.Count; place++)
            {
                var key = entries[place].Key;
                if (!taken.Add(key) || await transaction.ReadForWriteAsync(table.Definition, key) is not null)
                {
                    return place;
                }
            }

            foreach (var (key, record) in entries)
            {
                await transaction.WriteAsync(table.Definition, key, record);
            }

            return null;
        },
        cancellationToken);

    public Task<bool> CompareAndDeleteAsync(TKey key, TRecord expected, CancellationToken cancellationToken) => RunAsync(
        async transaction =>
        {
            var isSame = expected.Equals(await transaction.ReadForWriteAsync(table.Definition, key));
            if (isSame)
            {
                await transaction.DeleteAsync(table.Definition, key);
            }

            return isSame;
        },
        cancellationToken);

    private Task<TResult> RunAsync<TResult>(Func<ITransaction, Task<TResult>> body, CancellationToken cancellationToken) =>
        PersistentErrors.TellAsync(transactions.SyncTransactionAsync(body, cancellationToken: cancellationToken));
}
