namespace MimGrains.Persistent;

// What is changed while the cluster runs counts on every silo, on those that come later too, and until the last silo stops.
public partial interface IPersistentTables
{
    /// <summary>
    /// Creates a table on every silo. Returns when all live silos have it and this one can read it. One with an equal
    /// definition that
    /// is there already is no error. What was stored of it before, when the cluster ran the last time, is there again.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// There is a table of that name with another definition; or the definition holds code that the other silos cannot
    /// be told, such
    /// as an order or an index by a function: indexes by properties (<c>TableIndex.OfProperty</c>) can be told.
    /// </exception>
    /// <exception cref="Tables.TableDefinitionException">The definition cannot work.</exception>
    /// <exception cref="PersistentTableUnavailableException">
    /// A silo cannot make it, such as for a type that its program does not have: it is not created.
    /// </exception>
    Task<IPersistentTable<TKey, TRecord>> CreateAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> definition, CancellationToken cancellationToken = default)
        where TKey : notnull
        where TRecord : class;

    /// <summary>
    /// Deletes a table that was created while the cluster runs, with all its records, on every silo and in the
    /// database. One of that name that is created afterwards is a new one, and may have other types.
    /// </summary>
    /// <remarks>Stop writing to it before: what is written meanwhile is lost, or is found in the new one.</remarks>
    /// <exception cref="NoSuchTableException">There is none of that name.</exception>
    /// <exception cref="InvalidOperationException">The table is registered on the silos.</exception>
    /// <exception cref="PersistentTableUnavailableException">
    /// It cannot be done now, or not on all silos: do it again.
    /// </exception>
    Task DeleteAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds an index by a property of the record to the copies of all silos, while the table is read and written. It is
    /// looked up
    /// with <c>TableIndex.OfProperty&lt;TKey, TRecord, TIndex&gt;(property)</c>. One that is there already is no error.
    /// </summary>
    /// <exception cref="NoSuchTableException">There is no such table.</exception>
    /// <exception cref="ArgumentException">
    /// The record has no such property, or the definition has such an index.
    /// </exception>
    /// <exception cref="PersistentTableUnavailableException">A silo cannot add it; it is not added.</exception>
    Task AddIndexAsync(string table, string property, CancellationToken cancellationToken = default);

    /// <summary>Drops an index that was added while the cluster runs; one that is not there is no error.</summary>
    /// <exception cref="NoSuchTableException">There is no such table.</exception>
    /// <exception cref="InvalidOperationException">The index belongs to the definition of the table.</exception>
    Task DropIndexAsync(string table, string property, CancellationToken cancellationToken = default);

    /// <summary>
    /// Changes where the records of a table are, on every silo, as <c>change_table_copy_type</c>. Returns when the table is open with the
    /// new storage. That is stored with the table: it counts from then on, whatever its definition says, also when the cluster starts
    /// anew. A storage that the table has already is no error.
    /// </summary>
    /// <remarks>
    /// While it lasts nobody writes, nor reads in transactions: both wait, up to their timeouts, or begin anew; reads from copies go on.
    /// Nothing is lost, whichever silo dies in the midst: the table is then open as before, or with the new storage. While the
    /// database is away it stays closed, and goes on by itself when that is back.
    /// </remarks>
    /// <param name="table">The table.</param>
    /// <param name="storage">
    /// Where its records are to be. Not <see cref="StorageType.DiscOnly"/> for an ordered set, or a table with indexes.
    /// </param>
    /// <param name="progress">Told after each step.</param>
    /// <param name="cancellationToken">
    /// Ends it, if it is not decided: the table stays as it is. Later it only ends the wait until the table is open.
    /// </param>
    /// <exception cref="NoSuchTableException">There is no such table.</exception>
    /// <exception cref="InvalidOperationException">The silo has no database.</exception>
    /// <exception cref="Tables.TableDefinitionException">The table cannot have this storage.</exception>
    /// <exception cref="PersistentTableUnavailableException">
    /// Another change of its storage is under way, or this silo was taken for dead: it is not changed.
    /// </exception>
    Task ChangeStorageAsync(
        string table,
        StorageType storage,
        IProgress<StorageChangeProgress>? progress = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes every record of a table anew, as <c>transform_table</c>: in transactions of some records each, while the
    /// table is read and
    /// written. Records of older versions come in the form of this one (see
    /// <see cref="PersistentTableDefinition{TKey,TRecord}.WithUpgrade"/>), and are stored in it afterwards.
    /// Returns when all live silos have the new records.
    /// </summary>
    /// <param name="table">The table. It needs copies in memory.</param>
    /// <param name="transform">
    /// Returns the new record of a key. Must be pure. A record that is written meanwhile may be given to it or not.
    /// </param>
    /// <param name="progress">Told after each transaction.</param>
    /// <param name="cancellationToken">Stops it: what is done stays. Called again, it begins anew.</param>
    /// <returns>How many records were made anew.</returns>
    /// <exception cref="InvalidOperationException">The table is on disc only.</exception>
    /// <exception cref="TransactionAbortedException">As for any transaction; what is done stays.</exception>
    Task<long> TransformAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table,
        Func<TKey, TRecord, TRecord> transform,
        IProgress<TransformProgress>? progress = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull
        where TRecord : class;
}

/// <summary>How far a change of the storage of a table is.</summary>
/// <param name="Prepared">Fragments whose records are where they are to be.</param>
/// <param name="Fragments">All fragments.</param>
/// <param name="Problem">What it waits for, such as a database that is away; null if nothing is known to be in the way.</param>
public sealed record StorageChangeProgress(int Prepared, int Fragments, string? Problem);

/// <summary>How far a transformation of a table is.</summary>
/// <param name="Done">Keys whose records are made anew.</param>
/// <param name="Total">Keys that there were when it began.</param>
public sealed record TransformProgress(long Done, long Total);
