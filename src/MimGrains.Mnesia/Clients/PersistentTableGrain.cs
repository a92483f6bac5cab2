using MimGrains.Cets.Clients;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;
using Orleans.Concurrency;

namespace MimGrains.Mnesia.Clients;

/// <summary>Passes a client's reads to the copy of the silo that it runs on, which is the client's gateway.</summary>
[StatelessWorker, Reentrant, GrainType("mimgrains.persistent-table`2")]
internal sealed class PersistentTableGrain<TKey, TRecord>(IPersistentTables tables, TableRegistry registry, WatchDesk watches)
    : Grain, IPersistentTableGrain<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    // Looked up each time: a table may be deleted and created anew.
    private IPersistentTable<TKey, TRecord> Table => tables.Get<TKey, TRecord>(this.GetPrimaryKeyString());

    public ValueTask<TRecord?> GetAsync(TKey key) => new(Table.TryGet(key, out var record) ? record : null);

    public ValueTask<TableEntry<TKey, TRecord>[]> GetManyAsync(TKey[] keys)
    {
        var table = Table;
        return new([.. keys.SelectMany(key => table.GetAll(key), (key, record) => new TableEntry<TKey, TRecord>(key, record))]);
    }

    public ValueTask<TableEntry<TKey, TRecord>[]> LookupAsync<TIndex>(string index, TIndex value)
        where TIndex : notnull
    {
        var table = Table;
        return new([.. table.Lookup(registry.Get<TKey, TRecord>(table.Name).IndexOf<TIndex>(index), value)]);
    }

    public ValueTask<TablePage<TKey, TRecord>> GetPageAsync(KeyRange<TKey> range, int limit, string? continuation)
    {
        var page = Table.RangePage(range, Math.Min(limit, TableClientLimits.PageRecords), continuation);
        return new(page with { Entries = page.Entries.ToArray() }); // An array has one form on the wire.
    }

    public ValueTask<long> CountAsync() => new(Table.Count);

    public ValueTask<Guid> BeginWatchAsync(KeyRange<TKey> range, WatchToken? from)
    {
        var table = Table;
        var order = table.Definition.Order;
        return new(watches.Begin(cancellationToken => table.WatchAsync(
            entry => !range.IsBelow(entry.Key, order) && !range.IsAbove(entry.Key, order), from, cancellationToken)));
    }

    public async Task<TableEvent<TKey, TRecord>[]?> NextEventsAsync(Guid watch) =>
        watches.Find<TableEvent<TKey, TRecord>>(watch) is { } found ? await found.NextAsync() : null;

    public ValueTask EndWatchAsync(Guid watch)
    {
        watches.End(watch);
        return default;
    }
}
