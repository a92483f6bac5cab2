namespace MimGrains.Tables;

/// <summary>What operators do with the tables of a cluster. A service of every silo; all members may be called from any thread.</summary>
/// <remarks>Silos are named as <c>SiloAddress.ToParsableString()</c>. Follows the operations of esl/cets <c>src/cets.erl</c>.</remarks>
public interface ITableOperator
{
    /// <summary>Returns the other live silos that hold a table, ascending.</summary>
    /// <exception cref="KeyNotFoundException">This silo does not hold the table.</exception>
    IReadOnlyList<string> OtherSilos(string table);

    /// <summary>Returns how long a call to the replica of a silo and back takes.</summary>
    /// <exception cref="KeyNotFoundException">That silo does not hold the table.</exception>
    /// <exception cref="TableUnavailableException">It does not answer; the message says why.</exception>
    Task<TimeSpan> PingAsync(string table, string silo, CancellationToken cancellationToken = default);

    /// <summary>
    /// Completes when every other live silo that holds the table has applied all that this silo wrote before the call, and has
    /// answered. Returns how long the answer of each took.
    /// </summary>
    /// <exception cref="KeyNotFoundException">This silo does not hold the table.</exception>
    /// <exception cref="WriteNotAcknowledgedException">A silo has not applied it in time.</exception>
    /// <exception cref="TableUnavailableException">A silo does not answer.</exception>
    Task<IReadOnlyDictionary<string, TimeSpan>> PingAllAsync(string table, CancellationToken cancellationToken = default);

    /// <summary>Returns the state of a table on a silo.</summary>
    /// <param name="table">The name of the table.</param>
    /// <param name="silo">The silo; null for this one.</param>
    /// <param name="cancellationToken">Ends the wait for the answer.</param>
    /// <exception cref="KeyNotFoundException">That silo does not hold the table.</exception>
    /// <exception cref="TableUnavailableException">It does not answer.</exception>
    Task<TableInfo> InfoAsync(string table, string? silo = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes the writers of a table wait, on every silo: no caller's write is taken until all pauses are lifted; then they go on,
    /// or fail if they have waited longer than their timeout. Reads and what was written before are not touched.
    /// </summary>
    /// <param name="table">The name of the table.</param>
    /// <param name="who">Names the one who pauses, for those who find their writers waiting; at most 200 characters.</param>
    /// <param name="cancellationToken">Ends the wait for the other silos; then nothing is paused.</param>
    /// <returns>The pause. Disposing it lifts it; disposing it again does nothing.</returns>
    /// <exception cref="KeyNotFoundException">This silo does not hold the table.</exception>
    /// <exception cref="TableUnavailableException">A silo that holds the table does not answer: nothing is paused.</exception>
    /// <remarks>
    /// The pause is renewed by this silo as long as it lives: when it dies, or is out of reach for 10 s, the others lift the pause.
    /// A silo that joins takes over the pauses there are. Pauses count: writers go on when the last is lifted.
    /// </remarks>
    Task<ITablePause> PauseAsync(string table, string who, CancellationToken cancellationToken = default);

    /// <summary>Adds a table to this silo while it runs, and joins it with those of the other silos that have it.</summary>
    /// <returns>The table, ready. If an equal definition of that name is there already, that table.</returns>
    /// <exception cref="ArgumentException">The silo holds a table of that name with another definition.</exception>
    /// <exception cref="TableDefinitionException">The definition is wrong, such as a type that cannot be serialized.</exception>
    /// <exception cref="TableDefinitionMismatchException">Another silo defines the table differently; it is not added.</exception>
    Task<IReplicatedTable<TKey, TRecord>> AddAsync<TKey, TRecord>(
        TableDefinition<TKey, TRecord> definition, CancellationToken cancellationToken = default)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Adds a bag to this silo while it runs; as <see cref="AddAsync"/>.</summary>
    Task<IReplicatedBag<TKey, TRecord>> AddBagAsync<TKey, TRecord>(
        BagDefinition<TKey, TRecord> definition, CancellationToken cancellationToken = default)
        where TKey : notnull
        where TRecord : notnull;

    /// <summary>
    /// Removes a table from this silo: it takes no more writes, its records go as if this silo had died (by the table's rule),
    /// and the other silos do not wait for it any more. A table that is not there is no error. It may be added again.
    /// </summary>
    /// <exception cref="WriteNotAcknowledgedException">Another silo has not applied all writes in time: the table stays.</exception>
    /// <exception cref="TableUnavailableException">A silo has just died, and the table is still needed here: try again.</exception>
    Task RemoveAsync(string table, CancellationToken cancellationToken = default);
}

/// <summary>A pause that is in force until it is disposed.</summary>
public interface ITablePause : IAsyncDisposable
{
    /// <summary>Returns who pauses, and since when.</summary>
    TablePause Pause { get; }
}
