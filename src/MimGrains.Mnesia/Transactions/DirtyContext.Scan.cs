using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Transactions;

internal sealed partial class DirtyContext
{
    public ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> IndexReadAsync<TKey, TRecord, TIndex>(
        PersistentTableDefinition<TKey, TRecord> table, TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TKey : notnull
        where TRecord : class
        where TIndex : notnull => ValueTask.FromResult(Copy(table).Lookup(index, value));

    public ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> SelectAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table,
        Func<TableEntry<TKey, TRecord>, bool>? where = null,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class => ValueTask.FromResult<IReadOnlyList<TableEntry<TKey, TRecord>>>(
            [.. Copy(table).Range(range).Where(where ?? (_ => true))]);

    public ValueTask<TablePage<TKey, TRecord>> SelectPageAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table,
        int limit,
        string? continuation = null,
        Func<TableEntry<TKey, TRecord>, bool>? where = null,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class => ValueTask.FromResult(Copy(table).RangePage(range, limit, continuation, where));

    public ValueTask<IReadOnlyList<TKey>> AllKeysAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class => ValueTask.FromResult<IReadOnlyList<TKey>>([.. Copy(table).Keys()]);

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

    public ValueTask<TState> FoldAsync<TKey, TRecord, TState>(
        PersistentTableDefinition<TKey, TRecord> table,
        TState seed,
        Func<TState, TableEntry<TKey, TRecord>, TState> next,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class => ValueTask.FromResult(Copy(table).Range(range).Aggregate(seed, next));

    private ValueTask<TableEntry<TKey, TRecord>?> FirstOf<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table, KeyRange<TKey> range)
        where TKey : notnull
        where TRecord : class
    {
        foreach (var entry in Copy(table).Range(range))
        {
            return ValueTask.FromResult<TableEntry<TKey, TRecord>?>(entry);
        }

        return ValueTask.FromResult<TableEntry<TKey, TRecord>?>(null);
    }

    private TableCopy<TKey, TRecord> Copy<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class => services.CopyOf(services.Get(table));
}
