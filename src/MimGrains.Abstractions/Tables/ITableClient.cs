namespace MimGrains.Tables;

/// <summary>
/// A replicated table as an Orleans client sees it: every call is one call to the client's gateway silo, which answers from its
/// replica.
/// </summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
/// <remarks>
/// All calls of one client for one table go to the same gateway silo while it lives. Errors are those of
/// <see cref="IReplicatedTable{TKey,TRecord}"/>, and Orleans' own when no silo answers. Thread-safe.
/// </remarks>
public interface ITableClient<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    /// <summary>Returns the name of the table.</summary>
    string Name { get; }

    /// <summary>Returns the record with this key; null if there is none.</summary>
    Task<TRecord?> GetAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>Returns the records that there are of these keys, in the order of the keys.</summary>
    /// <param name="keys">At most <see cref="TableClientLimits.KeysPerCall"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IReadOnlyList<TableEntry<TKey, TRecord>>> GetManyAsync(
        IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default);

    /// <summary>Returns a page of a range: see <see cref="IReplicatedTable{TKey,TRecord}.RangePage"/>.</summary>
    /// <param name="range">The range; the same for every page of a scan.</param>
    /// <param name="limit">1 to <see cref="TableClientLimits.PageRecords"/> records.</param>
    /// <param name="continuation">What the page before said; null for the first page.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<TablePage<TKey, TRecord>> GetPageAsync(
        KeyRange<TKey> range, int limit, string? continuation = null, CancellationToken cancellationToken = default);

    /// <summary>Returns how many records there are.</summary>
    Task<long> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>Inserts or replaces a record, on every silo. The gateway silo is its writer.</summary>
    /// <returns>By this token any silo can be asked to show the write: see <see cref="ReadAfterAsync"/>.</returns>
    Task<WriteToken> InsertAsync(TKey key, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>Inserts or replaces many records, on every silo.</summary>
    Task<WriteToken> InsertManyAsync(
        IReadOnlyCollection<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken = default);

    /// <summary>Inserts a record, on every silo, unless the key has one: see <see cref="IReplicatedTable{TKey,TRecord}.InsertNewAsync"/>.</summary>
    /// <returns>
    /// Whether it was inserted. The death of the silo that leads the table is none of the caller's business. If the gateway silo
    /// dies on the way there is an error, and the record may be there or not: ask for it.
    /// </returns>
    Task<bool> InsertNewAsync(TKey key, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>Deletes the record with this key, on every silo.</summary>
    Task<WriteToken> DeleteAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>Deletes the records with these keys, on every silo.</summary>
    Task<WriteToken> DeleteManyAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default);

    /// <summary>
    /// Completes when the gateway silo has applied all writes of a token: reads of this client see them from then on, also
    /// when the token is another client's, or the gateway has changed since.
    /// </summary>
    Task ReadAfterAsync(WriteToken token, CancellationToken cancellationToken = default);

    /// <summary>
    /// Watches the keys of a range: see <see cref="IReplicatedTable{TKey,TRecord}.WatchAsync"/>. When the gateway silo is lost,
    /// the watch goes on at another one by itself, if that has kept the changes
    /// (<see cref="TableDefinition.KeepsChanges"/>).
    /// </summary>
    /// <param name="range">The keys; its direction is without meaning.</param>
    /// <param name="from">Goes on after an event of another watch.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="SnapshotRequiredException">Watch again without a token.</exception>
    IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        KeyRange<TKey> range = default, WatchToken? from = null, CancellationToken cancellationToken = default);
}

/// <summary>Limits of one call of a table client.</summary>
public static class TableClientLimits
{
    /// <summary>Most keys of one call.</summary>
    public const int KeysPerCall = 10_000;

    /// <summary>Most records of one page.</summary>
    public const int PageRecords = 10_000;
}
