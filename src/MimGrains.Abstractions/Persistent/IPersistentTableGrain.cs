using MimGrains.Tables;

namespace MimGrains.Persistent;

/// <summary>
/// Answers Orleans clients from the copy of their gateway silo. Its key is the table's name. Clients use
/// <see cref="IPersistentTableClient{TKey,TRecord}"/>.
/// </summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
[Alias("mimgrains.persistent-table-grain`2")]
public interface IPersistentTableGrain<TKey, TRecord> : IGrainWithStringKey
    where TKey : notnull
    where TRecord : class
{
    /// <summary>Returns one record; null if there is none.</summary>
    [Alias("get")]
    ValueTask<TRecord?> GetAsync(TKey key);

    /// <summary>Returns the entries that there are.</summary>
    [Alias("get-many")]
    ValueTask<TableEntry<TKey, TRecord>[]> GetManyAsync(TKey[] keys);

    /// <summary>Returns the entries with a value of an index.</summary>
    [Alias("lookup")]
    ValueTask<TableEntry<TKey, TRecord>[]> LookupAsync<TIndex>(string index, TIndex value)
        where TIndex : notnull;

    /// <summary>Returns a page of a range.</summary>
    [Alias("page")]
    ValueTask<TablePage<TKey, TRecord>> GetPageAsync(KeyRange<TKey> range, int limit, string? continuation);

    /// <summary>Returns how many records there are.</summary>
    [Alias("count")]
    ValueTask<long> CountAsync();

    /// <summary>Begins a watch, and returns its id on this silo.</summary>
    [Alias("begin-watch")]
    ValueTask<Guid> BeginWatchAsync(KeyRange<TKey> range, WatchToken? from);

    /// <summary>
    /// Returns the next events of a watch, none after some seconds without one; null when this silo does not know it.
    /// </summary>
    [Alias("next-events")]
    Task<TableEvent<TKey, TRecord>[]?> NextEventsAsync(Guid watch);

    /// <summary>Ends a watch.</summary>
    [Alias("end-watch")]
    ValueTask EndWatchAsync(Guid watch);
}
