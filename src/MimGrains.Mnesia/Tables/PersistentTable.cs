using System.Diagnostics.CodeAnalysis;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>
/// A persistent table without transactions: reads from the copy of this silo, writes through dirty activities.
/// </summary>
internal sealed class PersistentTable<TKey, TRecord>(
    PersistentTableDefinition<TKey, TRecord> definition,
    TableCopy<TKey, TRecord>? copy,
    TableLoad load,
    Lazy<ITransactions> transactions,
    Lazy<IFragmentLoader> fragments) : IPersistentTable<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly bool _isBag = definition.Type == PersistentTableType.Bag;

    public string Name => definition.Name;

    public PersistentTableDefinition<TKey, TRecord> Definition => definition;

    public long Count => Copy.Count;

    private TableCopy<TKey, TRecord> Copy => load.IsLoaded && copy is not null ? copy : throw NotReadable();

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record) => Copy.TryGet(key, out record);

    public IReadOnlyList<TRecord> GetAll(TKey key) => Copy.GetAll(key);

    public IReadOnlyList<TableEntry<TKey, TRecord>> Lookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull => Copy.Lookup(index, value);

    public long CountLookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull => Copy.CountLookup(index, value);

    public IEnumerable<TableEntry<TKey, TRecord>> Range(KeyRange<TKey> range = default) => Copy.Range(range);

    public TablePage<TKey, TRecord> RangePage(
        KeyRange<TKey> range, int limit, string? continuation = null, Func<TableEntry<TKey, TRecord>, bool>? where = null) =>
        Copy.RangePage(range, limit, continuation, where);

    public IEnumerable<TKey> Keys() => Copy.Keys();

    public TableEntry<TKey, TRecord>? First() => FirstOf(default);

    public TableEntry<TKey, TRecord>? Last() => FirstOf(default(KeyRange<TKey>).Descending());

    public TableEntry<TKey, TRecord>? Next(TKey key) => FirstOf(KeyRange.GreaterThan(key));

    public TableEntry<TKey, TRecord>? Previous(TKey key) => FirstOf(KeyRange.LessThan(key).Descending());

    public ValueTask<TRecord?> ReadAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (_isBag)
        {
            throw new InvalidOperationException($"Persistent table {Name} is a bag: a key may have many records.");
        }

        return copy is not null
            ? ValueTask.FromResult(Copy.TryGet(key, out var record) ? record : null)
            : new(transactions.Value.AsyncDirtyAsync(async activity => await activity.ReadAsync(definition, key), cancellationToken));
    }

    public ValueTask<IReadOnlyList<TRecord>> ReadAllAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return copy is not null
            ? ValueTask.FromResult(Copy.GetAll(key))
            : new(transactions.Value.AsyncDirtyAsync(async activity => await activity.ReadAllAsync(definition, key), cancellationToken));
    }

    public Task WriteAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) =>
        transactions.Value.AsyncDirtyAsync(async activity => await activity.WriteAsync(definition, key, record), cancellationToken);

    public Task DeleteAsync(TKey key, CancellationToken cancellationToken = default) =>
        transactions.Value.AsyncDirtyAsync(async activity => await activity.DeleteAsync(definition, key), cancellationToken);

    public Task DeleteObjectAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) =>
        transactions.Value.AsyncDirtyAsync(async activity => await activity.DeleteObjectAsync(definition, key, record), cancellationToken);

    public Task ClearAsync(CancellationToken cancellationToken = default) => transactions.Value.TransactionAsync(
        async transaction =>
        {
            await transaction.LockTableAsync(definition, LockKind.Write);
            await fragments.Value.ClearAsync(definition, cancellationToken);
        },
        cancellationToken: cancellationToken);

    public IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        Func<TableEntry<TKey, TRecord>, bool>? filter = null, WatchToken? from = null, CancellationToken cancellationToken = default) =>
        copy?.WatchAsync(filter, from, cancellationToken) ?? throw NotReadable();

    public Task WaitForLoadedAsync(CancellationToken cancellationToken = default) => load.Loaded.WaitAsync(cancellationToken);

    private TableEntry<TKey, TRecord>? FirstOf(KeyRange<TKey> range)
    {
        foreach (var entry in Copy.Range(range))
        {
            return entry;
        }

        return null;
    }

    private Exception NotReadable() => copy is null
        ? new InvalidOperationException($"Persistent table {Name} is on disc only: this silo has no copy to answer from.")
        : new PersistentTableUnavailableException(Name, load.Problem ?? "this silo has not loaded it yet");
}
