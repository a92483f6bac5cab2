using MimGrains.Tables;

namespace MimGrains.Persistent;

/// <summary>
/// A persistent table as an Orleans client reads it without a transaction (dirty): every call is one call to the
/// client's gateway
/// silo, which answers from its copy.
/// </summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
/// <remarks>
/// Errors are those of <see cref="IPersistentTable{TKey,TRecord}"/>, and Orleans' own when no silo answers. Not for
/// tables that are
/// on disc only. Thread-safe.
/// </remarks>
public interface IPersistentTableClient<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    /// <summary>Returns the name of the table.</summary>
    string Name { get; }

    /// <summary>Returns the record of a key; null if there is none.</summary>
    /// <exception cref="InvalidOperationException">The table is a bag: use <see cref="GetAllAsync"/>.</exception>
    Task<TRecord?> GetAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>Returns the records of a key; at most one if the table is no bag.</summary>
    Task<IReadOnlyList<TRecord>> GetAllAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>Returns the entries that there are of these keys, in the order of the keys.</summary>
    /// <param name="keys">At most <see cref="TableClientLimits.KeysPerCall"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IReadOnlyList<TableEntry<TKey, TRecord>>> GetManyAsync(
        IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default);

    /// <summary>Returns the entries with a value of an index, ascending by key.</summary>
    /// <param name="index">An index of the table on the silos: its name and the type of its values count.</param>
    /// <param name="value">The value.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">The table does not have this index.</exception>
    Task<IReadOnlyList<TableEntry<TKey, TRecord>>> LookupAsync<TIndex>(
        TableIndex<TKey, TRecord, TIndex> index, TIndex value, CancellationToken cancellationToken = default)
        where TIndex : notnull;

    /// <summary>Returns a page of a range.</summary>
    /// <param name="range">The range; the same for every page of a scan.</param>
    /// <param name="limit">1 to <see cref="TableClientLimits.PageRecords"/> records.</param>
    /// <param name="continuation">What the page before said; null for the first page.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<TablePage<TKey, TRecord>> GetPageAsync(
        KeyRange<TKey> range, int limit, string? continuation = null, CancellationToken cancellationToken = default);

    /// <summary>Returns how many records there are.</summary>
    Task<long> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Watches the keys of a range: see <see cref="IPersistentTable{TKey,TRecord}.WatchAsync"/>. When the gateway silo
    /// is lost, the
    /// watch goes on at another one by itself, if that has kept the changes (<see
    /// cref="PersistentTableDefinition.KeepsChanges"/>).
    /// </summary>
    /// <param name="range">The keys; its direction is without meaning.</param>
    /// <param name="from">Goes on after an event of another watch.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="SnapshotRequiredException">Watch again without a token.</exception>
    IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        KeyRange<TKey> range = default, WatchToken? from = null, CancellationToken cancellationToken = default);
}
