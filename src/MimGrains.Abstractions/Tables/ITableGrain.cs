namespace MimGrains.Tables;

/// <summary>Answers Orleans clients from the replica of their gateway silo. Clients use <see cref="ITableClient{TKey,TRecord}"/>.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
[Alias("mimgrains.table-grain`2")]
public interface ITableGrain<TKey, TRecord> : IGrainWithStringKey
    where TKey : notnull
    where TRecord : class
{
    /// <summary>Returns one record; null if there is none.</summary>
    [Alias("get")]
    ValueTask<TRecord?> GetAsync(TKey key);

    /// <summary>Returns the records that there are.</summary>
    [Alias("get-many")]
    ValueTask<TableEntry<TKey, TRecord>[]> GetManyAsync(TKey[] keys);

    /// <summary>Returns a page of a range.</summary>
    [Alias("page")]
    ValueTask<TablePage<TKey, TRecord>> GetPageAsync(KeyRange<TKey> range, int limit, string? continuation);

    /// <summary>Returns how many records there are.</summary>
    [Alias("count")]
    ValueTask<long> CountAsync();

    /// <summary>Inserts records.</summary>
    [Alias("insert")]
    ValueTask<WriteToken> InsertAsync(TableEntry<TKey, TRecord>[] entries, CancellationToken cancellationToken);

    /// <summary>Inserts a record unless the key has one.</summary>
    [Alias("insert-new")]
    ValueTask<bool> InsertNewAsync(TKey key, TRecord record, CancellationToken cancellationToken);

    /// <summary>Deletes records.</summary>
    [Alias("delete")]
    ValueTask<WriteToken> DeleteAsync(TKey[] keys, CancellationToken cancellationToken);

    /// <summary>Completes when the writes of a token are applied.</summary>
    [Alias("read-after")]
    ValueTask ReadAfterAsync(WriteToken token, CancellationToken cancellationToken);

    /// <summary>Begins a watch, and returns its id on this silo.</summary>
    [Alias("begin-watch")]
    ValueTask<Guid> BeginWatchAsync(KeyRange<TKey> range, WatchToken? from);

    /// <summary>Returns the next events of a watch, none after some seconds without one; null when this silo does not know it.</summary>
    [Alias("next-events")]
    Task<TableEvent<TKey, TRecord>[]?> NextEventsAsync(Guid watch);

    /// <summary>Ends a watch.</summary>
    [Alias("end-watch")]
    ValueTask EndWatchAsync(Guid watch);
}
