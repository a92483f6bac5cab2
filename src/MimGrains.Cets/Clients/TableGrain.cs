using MimGrains.Cets.Tables;
using MimGrains.Tables;
using Orleans.Concurrency;

namespace MimGrains.Cets.Clients;

/// <summary>Passes a client's calls to the table of the silo that it runs on. Its key is the table's name.</summary>
/// <remarks>
/// A stateless worker is placed on the silo that its call reached, which is the client's gateway: reads cost no further hop.
/// Reentrant, so that one that waits for acknowledgements or changes holds up no other.
/// </remarks>
[StatelessWorker, Reentrant, GrainType("mimgrains.table`2")]
internal sealed class TableGrain<TKey, TRecord>(TableCatalog catalog, WatchDesk watches) : Grain, ITableGrain<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private ReplicatedTable<TKey, TRecord>? _table;

    private ReplicatedTable<TKey, TRecord> Table =>
        _table ??= (ReplicatedTable<TKey, TRecord>)catalog.Get<TKey, TRecord>(this.GetPrimaryKeyString());

    public ValueTask<TRecord?> GetAsync(TKey key) => new(ReadyTable.TryGet(key, out var record) ? record : null);

    public ValueTask<TableEntry<TKey, TRecord>[]> GetManyAsync(TKey[] keys)
    {
        var table = ReadyTable;
        var found = new List<TableEntry<TKey, TRecord>>(keys.Length);
        foreach (var key in keys)
        {
            if (table.TryGet(key, out var record))
            {
                found.Add(new(key, record));
            }
        }

        return new(found.ToArray());
    }

    public ValueTask<TablePage<TKey, TRecord>> GetPageAsync(KeyRange<TKey> range, int limit, string? continuation)
    {
        var page = ReadyTable.RangePage(range, Math.Min(limit, TableClientLimits.PageRecords), continuation);
        return new(page with { Entries = page.Entries.ToArray() }); // An array has one form on the wire.
    }

    public ValueTask<long> CountAsync() => new(ReadyTable.Count);

    public async ValueTask<WriteToken> InsertAsync(TableEntry<TKey, TRecord>[] entries, CancellationToken cancellationToken)
    {
        await (entries is [var entry]
            ? Table.InsertAsync(entry.Key, entry.Record, cancellationToken)
            : Table.InsertManyAsync(entries, cancellationToken));
        return Table.LastWrite;
    }

    public ValueTask<bool> InsertNewAsync(TKey key, TRecord record, CancellationToken cancellationToken) =>
        new(Table.InsertNewAsync(key, record, cancellationToken));

    public async ValueTask<WriteToken> DeleteAsync(TKey[] keys, CancellationToken cancellationToken)
    {
        await Table.DeleteManyAsync(keys, cancellationToken);
        return Table.LastWrite;
    }

    public ValueTask ReadAfterAsync(WriteToken token, CancellationToken cancellationToken) =>
        new(Table.ReadAfterAsync(token, cancellationToken));

    public ValueTask<Guid> BeginWatchAsync(KeyRange<TKey> range, WatchToken? from) =>
        new(watches.Begin(cancellationToken => Table.WatchAsync(range, from, cancellationToken)));

    public async Task<TableEvent<TKey, TRecord>[]?> NextEventsAsync(Guid watch) =>
        watches.Find<TableEvent<TKey, TRecord>>(watch) is { } found ? await found.NextAsync() : null;

    public ValueTask EndWatchAsync(Guid watch)
    {
        watches.End(watch);
        return default;
    }

    // Before the replica has joined, "there is no such record" would be wrong.
    private ReplicatedTable<TKey, TRecord> ReadyTable => Table.Replica.IsReady
        ? Table
        : throw new TableUnavailableException(Table.Name, "this silo has not joined it yet");
}
