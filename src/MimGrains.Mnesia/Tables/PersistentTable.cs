using System.Diagnostics.CodeAnalysis;
using MimGrains.Cets.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>
/// A persistent table without transactions: reads from the copy of this silo, writes through dirty activities.
/// </summary>
internal sealed class PersistentTable<TKey, TRecord>(
    TableParts<TKey, TRecord> parts,
    TableCatalog catalog,
    Lazy<ITransactions> transactions,
    Lazy<IFragmentLoader> fragments) : IPersistentTable<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    public string Name => Definition.Name;

    public PersistentTableDefinition<TKey, TRecord> Definition => parts.Definition;

    public long Count => Copy.Count;

    // Asked for again at each read: it comes and goes when the storage is changed.
    private TableCopy<TKey, TRecord>? Held => parts.ReadableCopyIn(catalog);

    private TableCopy<TKey, TRecord> Copy => parts.Load.IsLoaded && Held is { } copy ? copy : throw NotReadable();

    // What is not there may have been taken out of the copy, which then is none any more.
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record) =>
        Copy.TryGet(key, out record) || (Held is null ? throw NotReadable() : false);

    public IReadOnlyList<TRecord> GetAll(TKey key) =>
        Copy.GetAll(key) is var records && (records.Count > 0 || Held is not null) ? records : throw NotReadable();

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
        if (Definition.Type == PersistentTableType.Bag)
        {
            throw new InvalidOperationException($"Persistent table {Name} is a bag: a key may have many records.");
        }

        return Held is { } copy && (RequireLoaded(copy).TryGet(key, out var record) || Held is not null)
            ? ValueTask.FromResult(record)
            : new(transactions.Value.AsyncDirtyAsync(async activity => await activity.ReadAsync(Definition, key), cancellationToken));
    }

    public ValueTask<IReadOnlyList<TRecord>> ReadAllAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Held is { } copy && RequireLoaded(copy).GetAll(key) is var records && (records.Count > 0 || Held is not null)
            ? ValueTask.FromResult(records)
            : new(transactions.Value.AsyncDirtyAsync(async activity => await activity.ReadAllAsync(Definition, key), cancellationToken));
    }

    public Task WriteAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) =>
        transactions.Value.AsyncDirtyAsync(async activity => await activity.WriteAsync(Definition, key, record), cancellationToken);

    public Task DeleteAsync(TKey key, CancellationToken cancellationToken = default) =>
        transactions.Value.AsyncDirtyAsync(async activity => await activity.DeleteAsync(Definition, key), cancellationToken);

    public Task DeleteObjectAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) =>
        transactions.Value.AsyncDirtyAsync(async activity => await activity.DeleteObjectAsync(Definition, key, record), cancellationToken);

    public Task ClearAsync(CancellationToken cancellationToken = default) => transactions.Value.TransactionAsync(
        async transaction =>
        {
            await transaction.LockTableAsync(Definition, LockKind.Write);
            await fragments.Value.ClearAsync(Definition, cancellationToken);
        },
        cancellationToken: cancellationToken);

    public IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        Func<TableEntry<TKey, TRecord>, bool>? filter = null, WatchToken? from = null, CancellationToken cancellationToken = default) =>
        Held is { } copy ? WhileHeldAsync(copy.WatchAsync(filter, from, cancellationToken)) : throw NotReadable();

    public Task WaitForLoadedAsync(CancellationToken cancellationToken = default) => parts.Load.Loaded.WaitAsync(cancellationToken);

    // The copy is emptied after the storage was changed, which is no change of records.
    private async IAsyncEnumerable<TableEvent<TKey, TRecord>> WhileHeldAsync(IAsyncEnumerable<TableEvent<TKey, TRecord>> events)
    {
        await foreach (var one in events)
        {
            yield return Held is not null ? one : throw NotReadable();
        }
    }

    private TableEntry<TKey, TRecord>? FirstOf(KeyRange<TKey> range)
    {
        foreach (var entry in Copy.Range(range))
        {
            return entry;
        }

        return null;
    }

    private TableCopy<TKey, TRecord> RequireLoaded(TableCopy<TKey, TRecord> copy) => parts.Load.IsLoaded ? copy : throw NotReadable();

    private Exception NotReadable() => Held is null
        ? new InvalidOperationException($"Persistent table {Name} is on disc only: this silo has no copy to answer from.")
        : new PersistentTableUnavailableException(Name, parts.Load.Problem ?? "this silo has not loaded it yet");
}
