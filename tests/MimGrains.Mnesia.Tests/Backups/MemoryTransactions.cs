using System.Diagnostics.CodeAnalysis;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tests.Backups;

/// <summary>
/// Transactions on tables in memory, one after another: all or nothing, and seen by nobody before their end. Only what backups use.
/// </summary>
internal sealed class MemoryTransactions : ITransactions
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Dictionary<string, SortedDictionary<object, List<object>>> _tables = new(StringComparer.Ordinal);

    private int _writes;

    /// <summary>How many transactions were committed.</summary>
    public int Commits { get; private set; }

    /// <summary>Called before each write, with how many writes there were in all. It may throw.</summary>
    public Action<int> BeforeWrite { get; set; } = _ => { };

    public bool IsInTransaction => false;

    public async Task<TResult> TransactionAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, TransactionOptions? options = null, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var copy = _tables.ToDictionary(
                pair => pair.Key,
                pair => new SortedDictionary<object, List<object>>(pair.Value.ToDictionary(
                    record => record.Key, record => record.Value.ToList())),
                StringComparer.Ordinal);
            var result = await body(new Transaction(this, copy, cancellationToken));
            _tables = copy;
            Commits++;
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Returns the records of a table, as they are now.</summary>
    public List<string> Show(string table) =>
        [.. _tables.GetValueOrDefault(table, []).SelectMany(pair => pair.Value.Select(record => $"{pair.Key}={record}"))];

    public Task<TResult> SyncTransactionAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, TransactionOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<TResult> AsyncDirtyAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<TResult> SyncDirtyAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<TransactionOutcome> OutcomeAsync(TransactionId id, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    private sealed class Transaction(
        MemoryTransactions owner, Dictionary<string, SortedDictionary<object, List<object>>> tables, CancellationToken cancellationToken)
        : ITransaction
    {
        private readonly HashSet<string> _locked = new(StringComparer.Ordinal);

        public TransactionId Id => new("test");

        public ActivityKind Kind => ActivityKind.Transaction;

        public int Attempt => 1;

        public CancellationToken CancellationToken => cancellationToken;

        public ValueTask LockTableAsync(PersistentTableDefinition table, LockKind kind)
        {
            _locked.Add(table.Name);
            return default;
        }

        public ValueTask WriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key, TRecord record)
            where TKey : notnull
            where TRecord : class
        {
            owner.BeforeWrite(++owner._writes);
            var records = Of(table);
            if (table.Type != PersistentTableType.Bag || !records.TryGetValue(key, out var held))
            {
                records[key] = held = [];
            }

            held.Add(record);
            return default;
        }

        public ValueTask DeleteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
            where TKey : notnull
            where TRecord : class
        {
            Of(table).Remove(key);
            return default;
        }

        public ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> SelectAsync<TKey, TRecord>(
            PersistentTableDefinition<TKey, TRecord> table,
            Func<TableEntry<TKey, TRecord>, bool>? where = null,
            KeyRange<TKey> range = default)
            where TKey : notnull
            where TRecord : class
        {
            Assert.Contains(table.Name, _locked);
            return new([.. Of(table).SelectMany(
                pair => pair.Value.Select(record => new TableEntry<TKey, TRecord>((TKey)pair.Key, (TRecord)record)))]);
        }

        public ValueTask<IReadOnlyList<TKey>> AllKeysAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
            where TKey : notnull
            where TRecord : class => new([.. Of(table).Keys.Cast<TKey>()]);

        private SortedDictionary<object, List<object>> Of(PersistentTableDefinition table) =>
            tables.TryGetValue(table.Name, out var records) ? records : tables[table.Name] = [];

        public ValueTask<TRecord?> ReadAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<TRecord?> ReadForWriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<TRecord>> ReadAllAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
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

        public ValueTask<TablePage<TKey, TRecord>> SelectPageAsync<TKey, TRecord>(
            PersistentTableDefinition<TKey, TRecord> table,
            int limit,
            string? continuation = null,
            Func<TableEntry<TKey, TRecord>, bool>? where = null,
            KeyRange<TKey> range = default)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<TableEntry<TKey, TRecord>?> FirstAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<TableEntry<TKey, TRecord>?> LastAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
            where TKey : notnull
            where TRecord : class => throw new NotSupportedException();

        public ValueTask<TableEntry<TKey, TRecord>?> NextAsync<TKey, TRecord>(
            PersistentTableDefinition<TKey, TRecord> table, TKey key)
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

        public ValueTask LockNameAsync(string name, LockKind kind) => throw new NotSupportedException();

        [DoesNotReturn]
        public void Abort(string reason) => throw new NotSupportedException();

        public Task<TResult> TransactionAsync<TResult>(Func<ITransaction, Task<TResult>> body) => throw new NotSupportedException();
    }
}
