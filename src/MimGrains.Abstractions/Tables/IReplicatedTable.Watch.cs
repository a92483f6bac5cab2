namespace MimGrains.Tables;

// What others write: as it comes, and waited for.
public partial interface IReplicatedTable<TKey, TRecord>
{
    /// <summary>
    /// Watches the table: first all records that match, as they are at one moment (<see cref="TableEventKind.Listed"/>), then
    /// <see cref="TableEventKind.Synced"/>, then every change in the order in which this silo applies them, until it is
    /// cancelled.
    /// </summary>
    /// <param name="filter">
    /// What matches; null for all. A change is told when the old or the new record matches. Must be pure.
    /// </param>
    /// <param name="from">
    /// Goes on after an event of another watch, on this silo or on another one, instead of listing: see
    /// <see cref="TableEvent{TKey,TRecord}.Token"/>. On another silo changes that were seen already may come once more; in the
    /// end what was seen adds up to the records of the table.
    /// </param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="SnapshotRequiredException">
    /// Changes after the token, or after the last event that was read, are not kept any more: watch again without a token.
    /// A silo keeps the last <c>ReplicationOptions.ChangeLogMaxChanges</c> changes or <c>ChangeLogMaxBytes</c> of them, whether anybody reads them or not, from the
    /// first watch on and for <c>ChangeLogLinger</c> after the last; or always, with
    /// <see cref="TableDefinition.KeepsChanges"/>, which is what going on after a silo's death needs.
    /// </exception>
    /// <exception cref="ArgumentException"><paramref name="from"/> comes from another table, or is no token.</exception>
    /// <exception cref="TableUnavailableException">The table on this silo is not ready, or the silo is stopping.</exception>
    IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        Func<TableEntry<TKey, TRecord>, bool>? filter = null,
        WatchToken? from = null,
        CancellationToken cancellationToken = default);

    /// <summary>Returns a token of all writes that this silo has issued so far, for <see cref="ReadAfterAsync(WriteToken, CancellationToken)"/>.</summary>
    WriteToken LastWrite { get; }

    /// <summary>Completes when this silo has applied all writes of a token: reads from then on see them.</summary>
    /// <exception cref="TableUnavailableException">It has not within <c>ReplicationOptions.WriteTimeout</c>.</exception>
    Task ReadAfterAsync(WriteToken token, CancellationToken cancellationToken = default);

    /// <summary>
    /// Completes when this silo has applied all changes that whoever has the token had seen: reads from then on see them. What
    /// a silo had seen that has died since may be nowhere any more.
    /// </summary>
    /// <exception cref="ArgumentException">The token comes from another table, or is none.</exception>
    /// <exception cref="TableUnavailableException">It has not within <c>ReplicationOptions.WriteTimeout</c>.</exception>
    Task ReadAfterAsync(WatchToken token, CancellationToken cancellationToken = default);
}
