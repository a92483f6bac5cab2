namespace MimGrains.Persistent;

// What is changed while the cluster runs counts on every silo, on those that come later too, and until the last silo stops.
public partial interface IPersistentTables
{
    /// <summary>
    /// Creates a table on every silo. Returns when all live silos have it and this one can read it. One with an equal definition that
    /// is there already is no error. What was stored of it before, when the cluster ran the last time, is there again.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// There is a table of that name with another definition; or the definition holds code that the other silos cannot be told, such
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
    /// Adds an index by a property of the record to the copies of all silos, while the table is read and written. It is looked up
    /// with <c>TableIndex.OfProperty&lt;TKey, TRecord, TIndex&gt;(property)</c>. One that is there already is no error.
    /// </summary>
    /// <exception cref="NoSuchTableException">There is no such table.</exception>
    /// <exception cref="ArgumentException">The record has no such property, or the definition has such an index.</exception>
    /// <exception cref="PersistentTableUnavailableException">A silo cannot add it; it is not added.</exception>
    Task AddIndexAsync(string table, string property, CancellationToken cancellationToken = default);

    /// <summary>Drops an index that was added while the cluster runs; one that is not there is no error.</summary>
    /// <exception cref="NoSuchTableException">There is no such table.</exception>
    /// <exception cref="InvalidOperationException">The index belongs to the definition of the table.</exception>
    Task DropIndexAsync(string table, string property, CancellationToken cancellationToken = default);
}
