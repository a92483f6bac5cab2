using System.Diagnostics.CodeAnalysis;
using MimGrains.Persistent;
using MimGrains.Tables;
using Xunit;

namespace MimGrains.Sessions.Tests;

/// <summary>
/// Transactions on tables of this process, one after another, that write, delete and read: all or nothing. What sessions do not use
/// is not there.
/// </summary>
internal sealed class MemoryTransactions(params MemoryPersistentTable<SessionKey, SessionRecord>[] tables) : ITransactions
{
    /// <summary>Gets or sets what the next transaction throws, without having changed anything.</summary>
    public Exception? NextError { get; set; }

    public bool IsInTransaction => false;

    public async Task<TResult> TransactionAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, TransactionOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (NextError is { } error)
        {
            NextError = null;
            throw error;
        }

        var transaction = new Transaction(tables, cancellationToken);
        var result = await body(transaction);
        foreach (var (table, key, record) in transaction.Writes)
        {
            await (record is null ? table.DeleteAsync(key, cancellationToken) : table.WriteAsync(key, record, cancellationToken));
        }

        return result;
    }

    public Task<TResult> SyncTransactionAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, TransactionOptions? options = null, CancellationToken cancellationToken = default) =>
        TransactionAsync(body, options, cancellationToken);

    public Task<TResult> AsyncDirtyAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<TResult> SyncDirtyAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, CancellationToken cancellationToken = default) =>
        TransactionAsync(body, null, cancellationToken);

    public Task<TransactionOutcome> OutcomeAsync(TransactionId id, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    private sealed class Transaction(
        MemoryPersistentTable<SessionKey, SessionRecord>[] tables, CancellationToken cancellationToken) : ITransaction
    {
        public List<(MemoryPersistentTable<SessionKey, SessionRecord> Table, SessionKey Key, SessionRecord? Record)> Writes { get; } = [];

        public TransactionId Id => new("test");

        public ActivityKind Kind => ActivityKind.Transaction;

        public int Attempt => 1;

        public CancellationToken CancellationToken => cancellationToken;

        public ValueTask WriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key, TRecord record)
            where TKey : notnull
            where TRecord : class => Add(table, key, record);

        public ValueTask DeleteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
            where TKey : notnull
            where TRecord : class => Add(table, key, null);

        private ValueTask Add(PersistentTableDefinition table, object key, object? record)
        {
            Writes.Add((Of(table), (SessionKey)key, (SessionRecord?)record));
            return ValueTask.CompletedTask;
        }

        private MemoryPersistentTable<SessionKey, SessionRecord> Of(PersistentTableDefinition table) =>
            Assert.Single(tables, known => ReferenceEquals(known.Definition, table));

        public ValueTask<TRecord?> ReadAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<TRecord?> ReadForWriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
            where TKey : notnull
            where TRecord : class =>
                new(Of(table).TryGet((SessionKey)(object)key, out var record) ? (TRecord)(object)record : null);

        public ValueTask<IReadOnlyList<TRecord>> ReadAllAsync<TKey, TRecord>(
            PersistentTableDefinition<TKey, TRecord> table, TKey key)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<TRecord>> ReadAllForWriteAsync<TKey, TRecord>(
            PersistentTableDefinition<TKey, TRecord> table, TKey key)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask DeleteObjectAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key, TRecord record)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<long> UpdateCounterAsync<TKey>(PersistentTableDefinition<TKey, Counter> table, TKey key, long increment)
            where TKey : notnull => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> IndexReadAsync<TKey, TRecord, TIndex>(
            PersistentTableDefinition<TKey, TRecord> table, TableIndex<TKey, TRecord, TIndex> index, TIndex value)
            where TKey : notnull
            where TRecord : class
            where TIndex : notnull => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> SelectAsync<TKey, TRecord>(
            PersistentTableDefinition<TKey, TRecord> table,
            Func<TableEntry<TKey, TRecord>, bool>? where = null,
            KeyRange<TKey> range = default)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<TablePage<TKey, TRecord>> SelectPageAsync<TKey, TRecord>(
            PersistentTableDefinition<TKey, TRecord> table,
            int limit,
            string? continuation = null,
            Func<TableEntry<TKey, TRecord>, bool>? where = null,
            KeyRange<TKey> range = default)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<TKey>> AllKeysAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<TableEntry<TKey, TRecord>?> FirstAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<TableEntry<TKey, TRecord>?> LastAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<TableEntry<TKey, TRecord>?> NextAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<TableEntry<TKey, TRecord>?> PreviousAsync<TKey, TRecord>(
            PersistentTableDefinition<TKey, TRecord> table, TKey key)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<TState> FoldAsync<TKey, TRecord, TState>(
            PersistentTableDefinition<TKey, TRecord> table,
            TState seed,
            Func<TState, TableEntry<TKey, TRecord>, TState> next,
            KeyRange<TKey> range = default)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask LockTableAsync(PersistentTableDefinition table, LockKind kind) => throw new NotSupportedException();

        public ValueTask LockNameAsync(string name, LockKind kind) => throw new NotSupportedException();

        [DoesNotReturn]
        public void Abort(string reason) => throw new NotSupportedException();

        public Task<TResult> TransactionAsync<TResult>(Func<ITransaction, Task<TResult>> body) => throw new NotSupportedException();
    }
}
