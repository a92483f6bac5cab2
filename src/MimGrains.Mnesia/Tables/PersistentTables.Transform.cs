using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tables;

internal sealed partial class PersistentTables
{
    // Few enough that others do not wait long for the locks.
    private const int KeysPerTransform = 200;

    public async Task<long> TransformAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table,
        Func<TKey, TRecord, TRecord> transform,
        IProgress<TransformProgress>? progress = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(transform);
        TKey[] keys = [.. Get<TKey, TRecord>(table.Name).Keys()];
        var (records, done) = (0L, 0L);
        foreach (var chunk in keys.Chunk(KeysPerTransform))
        {
            records += await _transactions.Value.SyncTransactionAsync(
                transaction => TransformAsync(transaction, table, chunk, transform), cancellationToken: cancellationToken);
            done += chunk.Length;
            progress?.Report(new TransformProgress(done, keys.Length));
        }

        return records;
    }

    private static async Task<long> TransformAsync<TKey, TRecord>(
        ITransaction transaction, PersistentTableDefinition<TKey, TRecord> table, TKey[] keys, Func<TKey, TRecord, TRecord> transform)
        where TKey : notnull
        where TRecord : class
    {
        var count = 0L;
        foreach (var key in keys)
        {
            var before = await transaction.ReadAllForWriteAsync(table, key);
            if (before.Count > 0 && table.Type == PersistentTableType.Bag)
            {
                await transaction.DeleteAsync(table, key);
            }

            foreach (var record in before)
            {
                // Also one that stays as it is: it is stored in the form of this version then.
                await transaction.WriteAsync(table, key, transform(key, record));
                count++;
            }
        }

        return count;
    }
}
