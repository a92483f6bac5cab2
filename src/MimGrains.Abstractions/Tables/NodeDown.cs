namespace MimGrains.Tables;

/// <summary>Tells a handler that a silo was declared dead.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
/// <param name="Table">The table, on the silo where the handler runs. It may be read and written.</param>
/// <param name="DeadSilo">The dead silo, as <c>SiloAddress.ToParsableString()</c>.</param>
/// <param name="Records">
/// The records that belonged to it when its death became known here, ascending by key. With
/// <see cref="NodeDownRule.RemoveOwned"/> they are gone from the table by now; with <see cref="NodeDownRule.Keep"/> they are there
/// still, for the handler to decide. Looked for when they are first read, which takes a walk over the table as it was then.
/// </param>
/// <param name="Services">The services of the silo where the handler runs.</param>
public sealed record NodeDownEvent<TKey, TRecord>(
    IReplicatedTable<TKey, TRecord> Table,
    string DeadSilo,
    IReadOnlyList<TableEntry<TKey, TRecord>> Records,
    IServiceProvider Services)
    where TKey : notnull
    where TRecord : class;

/// <summary>How a node-down handler ended.</summary>
public enum NodeDownOutcome
{
    /// <summary>The table has no handler.</summary>
    NoHandler = 0,

    /// <summary>It runs.</summary>
    Running = 1,

    /// <summary>It has completed.</summary>
    Completed = 2,

    /// <summary>It has thrown; the log has the error.</summary>
    Failed = 3,

    /// <summary>It did not end within the time it has; nobody waits for it any more.</summary>
    TimedOut = 4,
}

/// <summary>One death of the history of a table.</summary>
/// <param name="Silo">The dead silo.</param>
/// <param name="At">When this silo acted on it.</param>
/// <param name="Removed">How many records of the table were removed.</param>
/// <param name="Handler">What became of the table's handler.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.node-down-entry")]
public sealed record NodeDownEntry(
    [property: Id(0)] string Silo,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] long Removed,
    [property: Id(3)] NodeDownOutcome Handler);

public sealed partial class TableDefinition<TKey, TRecord>
{
    /// <summary>
    /// Returns what is called once on every surviving silo for each silo that is declared dead, beside what
    /// <see cref="TableDefinition.NodeDown"/> does: together with <see cref="NodeDownRule.Keep"/> it is a rule of your own.
    /// </summary>
    /// <value>Default: none.</value>
    /// <remarks>
    /// Runs on the thread pool, for one table one death after another. It has <c>ReplicationOptions.HandlerTimeout</c>, then its
    /// token is cancelled and nobody waits for it any more; that it hangs or throws is logged with its name and the table's, and
    /// holds up neither writers nor other tables. As every survivor runs it, its writes should be the same everywhere, such as
    /// deletes. Writes of the dead silo that only some survivors had are not among its records.
    /// </remarks>
    public Func<NodeDownEvent<TKey, TRecord>, CancellationToken, Task>? OnNodeDown { get; init; }
}
