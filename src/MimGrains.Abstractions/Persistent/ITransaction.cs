using System.Diagnostics.CodeAnalysis;
using MimGrains.Tables;

namespace MimGrains.Persistent;

/// <summary>
/// What the body of an activity does with persistent tables. In a transaction, reads see what was written in it, and
/// locks keep
/// everybody else from what it has read and written until it ends; without one (dirty), each operation stands for
/// itself.
/// </summary>
/// <remarks>
/// <para>One operation at a time: await each before the next. Not to be used after the body has returned.</para>
/// <para>Any operation may throw what ends the transaction (it has lost a lock to an older one, and the body is run
/// again): let it
/// pass. A body may be run several times, and must have no effects but through this interface.</para>
/// <para>Follows the operations of OTP <c>mnesia.erl</c>.</para>
/// </remarks>
public interface ITransaction
{
    /// <summary>
    /// Returns the name of the transaction, or of the dirty activity. A restart keeps it, a nested transaction shares
    /// it.
    /// </summary>
    TransactionId Id { get; }

    /// <summary>Returns how operations are done.</summary>
    ActivityKind Kind { get; }

    /// <summary>Returns the how manyth run of the body this is, from 1 on.</summary>
    int Attempt { get; }

    /// <summary>
    /// Returns what is cancelled when the transaction is to end: the caller gave up, or its time is over.
    /// </summary>
    CancellationToken CancellationToken { get; }

    /// <summary>Returns the record of a key, under a read lock; null if there is none.</summary>
    /// <exception cref="InvalidOperationException">The table is a bag: use <see cref="ReadAllAsync"/>.</exception>
    ValueTask<TRecord?> ReadAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Returns the record of a key, under a write lock, to write it then; null if there is none.</summary>
    /// <exception cref="InvalidOperationException">
    /// The table is a bag: use <see cref="ReadAllForWriteAsync"/>.
    /// </exception>
    ValueTask<TRecord?> ReadForWriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Returns the records of a key, under a read lock; at most one if the table is no bag.</summary>
    ValueTask<IReadOnlyList<TRecord>> ReadAllAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Returns the records of a key, under a write lock.</summary>
    ValueTask<IReadOnlyList<TRecord>> ReadAllForWriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class;

    /// <summary>
    /// Writes a record: in place of the one that the key has, or, in a bag, beside those that it has.
    /// </summary>
    ValueTask WriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key, TRecord record)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Deletes all records of a key; that there are none is no error.</summary>
    ValueTask DeleteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Deletes exactly this record of a key; that it is not there is no error.</summary>
    /// <remarks>Records are equal when their encoded bytes are.</remarks>
    ValueTask DeleteObjectAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key, TRecord record)
        where TKey : notnull
        where TRecord : class;

    /// <summary>
    /// Adds to the number of a key, which is 0 if there is none, and returns the sum. In every kind of activity no
    /// addition is lost.
    /// </summary>
    /// <exception cref="InvalidOperationException">The table is a bag.</exception>
    ValueTask<long> UpdateCounterAsync<TKey>(PersistentTableDefinition<TKey, Counter> table, TKey key, long increment)
        where TKey : notnull;

    /// <summary>Returns the records with a value of an index, ascending by key. Locks the table for reading.</summary>
    /// <exception cref="ArgumentException">The table does not have this index.</exception>
    ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> IndexReadAsync<TKey, TRecord, TIndex>(
        PersistentTableDefinition<TKey, TRecord> table, TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TKey : notnull
        where TRecord : class
        where TIndex : notnull;

    /// <summary>Returns the records that match, in the order of the range. Locks the table for reading.</summary>
    /// <param name="table">The table.</param>
    /// <param name="where">What matches; null for all. Must be pure.</param>
    /// <param name="range">The keys; the default is all, ascending.</param>
    ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> SelectAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table,
        Func<TableEntry<TKey, TRecord>, bool>? where = null,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Returns a page of the records that match. Locks the table for reading.</summary>
    /// <param name="table">The table.</param>
    /// <param name="limit">The most records; at least 1.</param>
    /// <param name="continuation">What the page before said; null for the first page.</param>
    /// <param name="where">What matches; null for all. Must be pure.</param>
    /// <param name="range">The same for every page; the default is all keys, ascending.</param>
    /// <exception cref="ArgumentException">
    /// The continuation comes from another table or range, or is none at all.
    /// </exception>
    ValueTask<TablePage<TKey, TRecord>> SelectPageAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table,
        int limit,
        string? continuation = null,
        Func<TableEntry<TKey, TRecord>, bool>? where = null,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Returns all keys, ascending, each once. Locks the table for reading.</summary>
    ValueTask<IReadOnlyList<TKey>> AllKeysAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Returns the entry with the least key; null if there is none. Locks the table for reading.</summary>
    ValueTask<TableEntry<TKey, TRecord>?> FirstAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Returns the entry with the greatest key; null if there is none. Locks the table for reading.</summary>
    ValueTask<TableEntry<TKey, TRecord>?> LastAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class;

    /// <summary>
    /// Returns the entry with the least key above another one, which need not be there; null if there is none. Locks
    /// the table for reading.
    /// </summary>
    ValueTask<TableEntry<TKey, TRecord>?> NextAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class;

    /// <summary>
    /// Returns the entry with the greatest key below another one, which need not be there; null if there is none. Locks
    /// the table for reading.
    /// </summary>
    ValueTask<TableEntry<TKey, TRecord>?> PreviousAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class;

    /// <summary>
    /// Calls a function with every entry of a range and what it returned before, and returns its last result. Locks the
    /// table for reading.
    /// </summary>
    ValueTask<TState> FoldAsync<TKey, TRecord, TState>(
        PersistentTableDefinition<TKey, TRecord> table,
        TState seed,
        Func<TState, TableEntry<TKey, TRecord>, TState> next,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Locks a whole table until the end of the transaction. Does nothing in a dirty activity.</summary>
    ValueTask LockTableAsync(PersistentTableDefinition table, LockKind kind);

    /// <summary>
    /// Locks a name that stands for anything, in the whole cluster, until the end of the transaction.
    /// </summary>
    /// <param name="name">1 to 1,000 characters.</param>
    /// <param name="kind">What others may do.</param>
    /// <exception cref="InvalidOperationException">The activity is dirty: it holds no locks.</exception>
    ValueTask LockNameAsync(string name, LockKind kind);

    /// <summary>
    /// Ends the transaction without any effect: throws, and the caller of the innermost one gets the exception.
    /// </summary>
    /// <exception cref="TransactionAbortedException">Always, with <see cref="AbortReason.Requested"/>.</exception>
    [DoesNotReturn]
    void Abort(string reason);

    /// <summary>
    /// Runs a transaction inside of this one. If it is aborted, by <see cref="Abort"/> or by what its body throws,
    /// nothing of it
    /// stays, and this one may go on; its locks are kept. It is committed with this one.
    /// </summary>
    /// <returns>What the body returned.</returns>
    /// <exception cref="InvalidOperationException">The activity is dirty.</exception>
    Task<TResult> TransactionAsync<TResult>(Func<ITransaction, Task<TResult>> body);
}
