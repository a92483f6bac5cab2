using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Transactions;

internal sealed partial class DirtyContext
{
    public async ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> IndexReadAsync<TKey, TRecord, TIndex>(
        PersistentTableDefinition<TKey, TRecord> table, TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TKey : notnull
        where TRecord : class
        where TIndex : notnull => (await CopyAsync(table)).Lookup(index, value);

    public async ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> SelectAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table,
        Func<TableEntry<TKey, TRecord>, bool>? where = null,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class => [.. (await SourceAsync(table)).Range(range).Where(where ?? (_ => true))];

    public async ValueTask<TablePage<TKey, TRecord>> SelectPageAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table,
        int limit,
        string? continuation = null,
        Func<TableEntry<TKey, TRecord>, bool>? where = null,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class => (await CopyAsync(table)).RangePage(range, limit, continuation, where);

    public async ValueTask<IReadOnlyList<TKey>> AllKeysAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class
    {
        var source = await SourceAsync(table);
        return source is TableCopy<TKey, TRecord> copy
            ? [.. copy.Keys()]
            : [.. source.Range(default).Select(entry => entry.Key).Distinct()];
    }

    public ValueTask<TableEntry<TKey, TRecord>?> FirstAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class => FirstOf(table, default);

    public ValueTask<TableEntry<TKey, TRecord>?> LastAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class => FirstOf(table, default(KeyRange<TKey>).Descending());

    public ValueTask<TableEntry<TKey, TRecord>?> NextAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => FirstOf(table, KeyRange.GreaterThan(key));

    public ValueTask<TableEntry<TKey, TRecord>?> PreviousAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => FirstOf(table, KeyRange.LessThan(key).Descending());

    public async ValueTask<TState> FoldAsync<TKey, TRecord, TState>(
        PersistentTableDefinition<TKey, TRecord> table,
        TState seed,
        Func<TState, TableEntry<TKey, TRecord>, TState> next,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class => (await SourceAsync(table)).Range(range).Aggregate(seed, next);

    private async ValueTask<TableEntry<TKey, TRecord>?> FirstOf<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table, KeyRange<TKey> range)
        where TKey : notnull
        where TRecord : class
    {
        foreach (var entry in (await SourceAsync(table)).Range(range))
        {
            return entry;
        }

        return null;
    }

    private async ValueTask<IRecordSource<TKey, TRecord>> SourceAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class
    {
        var parts = services.Get(table);
        while (true)
        {
            await services.KnowStorageAsync(parts, cancellationToken);
            if (services.FindCopy(parts) is { } copy)
            {
                return copy;
            }

            try
            {
                return await FragmentScan.ReadAsync(parts, (fragment, after) => AskAsync(
                    fragment,
                    new FragmentRequest { Kind = FragmentRequestKind.Scan, Sender = services.Caller.Self, Locks = [after] },
                    () => services.FindCopy(parts) is not null));
            }
            catch (TransactionRestartException)
            {
                // Its records are in copies now.
            }
        }
    }

    private async ValueTask<TableCopy<TKey, TRecord>> CopyAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class
    {
        var parts = services.Get(table);
        await services.KnowStorageAsync(parts, cancellationToken);
        return services.CopyOf(parts);
    }
}
