using MimGrains.Tables;

namespace MimGrains.Persistent;

/// <summary>
/// Finds, creates and changes persistent tables, and waits for them. A service of every silo; thread-safe.
/// </summary>
public partial interface IPersistentTables
{
    /// <summary>Returns the names of all persistent tables of this silo, ascending.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Returns a table.</summary>
    /// <exception cref="NoSuchTableException">No table of that name is registered on this silo.</exception>
    /// <exception cref="ArgumentException">The table has other key or record types; the message names both.</exception>
    IPersistentTable<TKey, TRecord> Get<TKey, TRecord>(string name)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Returns what this silo knows of a table.</summary>
    /// <exception cref="NoSuchTableException">No table of that name is registered on this silo.</exception>
    PersistentTableInfo GetInfo(string name);

    /// <summary>
    /// Watches what happens to the cluster and its persistent tables, as <c>subscribe(system)</c>: first which silos
    /// are active and
    /// which tables are loaded, then <see cref="SystemEventKind.Synced"/>, then what happens, until it is cancelled.
    /// </summary>
    /// <exception cref="SnapshotRequiredException">
    /// More than 1,000 events came that were not read: watch again.
    /// </exception>
    IAsyncEnumerable<SystemEvent> WatchSystemAsync(CancellationToken cancellationToken = default);

    /// <summary>Completes when this silo can read these tables.</summary>
    /// <param name="names">The names; null for all that are registered.</param>
    /// <param name="timeout">How long to wait; null for ever.</param>
    /// <param name="progress">Told at the beginning, whenever a table is loaded, and every 10 s.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NoSuchTableException">A table is not registered on this silo.</exception>
    /// <exception cref="TableDefinitionMismatchException">Another silo defines a table differently.</exception>
    /// <exception cref="TimeoutException">Names the tables that are not loaded, and what they wait for.</exception>
    Task WaitForTablesAsync(
        IReadOnlyCollection<string>? names = null,
        TimeSpan? timeout = null,
        IProgress<TableLoadProgress>? progress = null,
        CancellationToken cancellationToken = default);
}

/// <summary>Which of the tables that are waited for are loaded.</summary>
/// <param name="Loaded">The names of those that are, ascending.</param>
/// <param name="Waiting">The names of those that are not, ascending.</param>
public sealed record TableLoadProgress(IReadOnlyList<string> Loaded, IReadOnlyList<string> Waiting);
