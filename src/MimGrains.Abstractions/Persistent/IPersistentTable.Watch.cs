using MimGrains.Tables;

namespace MimGrains.Persistent;

// What becomes of the records, as this silo applies it.
public partial interface IPersistentTable<TKey, TRecord>
{
    /// <summary>
    /// Watches the table, as <c>subscribe</c> with detailed events does: first all records that match, as they are at
    /// one moment
    /// (<see cref="TableEventKind.Listed"/>), then <see cref="TableEventKind.Synced"/>, then every change with the old
    /// and the new
    /// record, in the order in which this silo applies them, until it is cancelled. In a bag a record comes and goes by
    /// itself: there
    /// are no updates.
    /// </summary>
    /// <param name="filter">
    /// What matches; null for all. A change is told when the old or the new record matches. Must be pure.
    /// </param>
    /// <param name="from">
    /// Goes on after an event of another watch, on this silo or on another one, instead of listing. On another silo
    /// changes that were
    /// seen already may come once more.
    /// </param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="SnapshotRequiredException">
    /// Changes after the token are not kept any more: watch again without one. See
    /// <see cref="IReplicatedTable{TKey,TRecord}.WatchAsync"/> for how long they are kept, and
    /// <see cref="PersistentTableDefinition.KeepsChanges"/>.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="from"/> comes from another table, or is no token.
    /// </exception>
    /// <exception cref="TableUnavailableException">The silo is stopping.</exception>
    IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        Func<TableEntry<TKey, TRecord>, bool>? filter = null, WatchToken? from = null, CancellationToken cancellationToken = default);
}
