using System.Diagnostics.CodeAnalysis;
using MimGrains.Tables;

namespace MimGrains.Persistent;

/// <summary>What a body in an Orleans client does: every operation becomes a step that the gateway silo does.</summary>
internal abstract class ClientActivity(CancellationToken cancellationToken) : ITransaction
{
    private const int PageRecords = 1_000;

    public abstract TransactionId Id { get; }

    public abstract ActivityKind Kind { get; }

    public abstract int Attempt { get; }

    public CancellationToken CancellationToken => cancellationToken;

    public async ValueTask<TRecord?> ReadAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => (TRecord?)await ReadAsync(table, key, isForWrite: false, isOne: true);

    public async ValueTask<TRecord?> ReadForWriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => (TRecord?)await ReadAsync(table, key, isForWrite: true, isOne: true);

    public async ValueTask<IReadOnlyList<TRecord>> ReadAllAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => (TRecord[])(await ReadAsync(table, key, isForWrite: false, isOne: false))!;

    public async ValueTask<IReadOnlyList<TRecord>> ReadAllForWriteAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => (TRecord[])(await ReadAsync(table, key, isForWrite: true, isOne: false))!;

    public ValueTask WriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key, TRecord record)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(record);
        return WriteAsync(table, ClientWrite.Put, key, record);
    }

    public ValueTask DeleteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => WriteAsync(table, ClientWrite.Delete, key, null);

    public ValueTask DeleteObjectAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key, TRecord record)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(record);
        return WriteAsync(table, ClientWrite.DeleteObject, key, record);
    }

    public abstract ValueTask<long> UpdateCounterAsync<TKey>(PersistentTableDefinition<TKey, Counter> table, TKey key, long increment)
        where TKey : notnull;

    public async ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> IndexReadAsync<TKey, TRecord, TIndex>(
        PersistentTableDefinition<TKey, TRecord> table, TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TKey : notnull
        where TRecord : class
        where TIndex : notnull
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(value);
        return (TableEntry<TKey, TRecord>[])(await AskAsync(
            new IndexReadStep<TKey, TRecord, TIndex>(table.Name, index.Name, value)))!;
    }

    public async ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> SelectAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table,
        Func<TableEntry<TKey, TRecord>, bool>? where = null,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class => await FoldAsync(table, new List<TableEntry<TKey, TRecord>>(), (found, entry) =>
        {
            if (where is null || where(entry))
            {
                found.Add(entry);
            }

            return found;
        }, range);

    public async ValueTask<TablePage<TKey, TRecord>> SelectPageAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table,
        int limit,
        string? continuation = null,
        Func<TableEntry<TKey, TRecord>, bool>? where = null,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        if (where is null)
        {
            return await PageAsync(table, range, limit, continuation);
        }

        List<TableEntry<TKey, TRecord>> found = [];
        while (true)
        {
            var page = await PageAsync(table, range, PageRecords, continuation);
            for (var index = 0; index < page.Entries.Count; index++)
            {
                if (!where(page.Entries[index]))
                {
                    continue;
                }

                found.Add(page.Entries[index]);
                if (found.Count == limit)
                {
                    // A page that ends exactly here says how it goes on.
                    var rest = index + 1 == page.Entries.Count ? page : await PageAsync(table, range, index + 1, continuation);
                    return new TablePage<TKey, TRecord>(found, rest.Continuation);
                }
            }

            if ((continuation = page.Continuation) is null)
            {
                return new TablePage<TKey, TRecord>(found, null);
            }
        }
    }

    public async ValueTask<IReadOnlyList<TKey>> AllKeysAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(table);
        return (TKey[])(await AskAsync(new AllKeysStep<TKey, TRecord>(table.Name)))!;
    }

    public ValueTask<TableEntry<TKey, TRecord>?> FirstAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class => EdgeAsync(table, ClientEdge.First, default);

    public ValueTask<TableEntry<TKey, TRecord>?> LastAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class => EdgeAsync(table, ClientEdge.Last, default);

    public ValueTask<TableEntry<TKey, TRecord>?> NextAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => EdgeAsync(table, ClientEdge.Next, key);

    public ValueTask<TableEntry<TKey, TRecord>?> PreviousAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => EdgeAsync(table, ClientEdge.Previous, key);

    public async ValueTask<TState> FoldAsync<TKey, TRecord, TState>(
        PersistentTableDefinition<TKey, TRecord> table,
        TState seed,
        Func<TState, TableEntry<TKey, TRecord>, TState> next,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(next);
        string? continuation = null;
        do
        {
            var page = await PageAsync(table, range, PageRecords, continuation);
            seed = page.Entries.Aggregate(seed, next);
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return seed;
    }

    public async ValueTask LockTableAsync(PersistentTableDefinition table, LockKind kind)
    {
        ArgumentNullException.ThrowIfNull(table);
        await AskAsync(new LockStep(table.Name, isTable: true, kind));
    }

    public async ValueTask LockNameAsync(string name, LockKind kind) => await AskAsync(new LockStep(name, isTable: false, kind));

    [DoesNotReturn]
    public void Abort(string reason) =>
        throw new TransactionAbortedException(Id, AbortReason.Requested, reason);

    public abstract Task<TResult> TransactionAsync<TResult>(Func<ITransaction, Task<TResult>> body);

    /// <summary>Does a step and returns what it returns.</summary>
    protected abstract Task<object?> AskAsync(ClientStep step);

    /// <summary>Does a step that returns nothing, at once or before the next one.</summary>
    protected abstract ValueTask SendAsync(ClientStep step);

    private Task<object?> ReadAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table, TKey key, bool isForWrite, bool isOne)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(key);
        return AskAsync(new ReadStep<TKey, TRecord>(table.Name, key, isForWrite, isOne));
    }

    private ValueTask WriteAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table, ClientWrite write, TKey key, TRecord? record)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(key);
        return SendAsync(new WriteStep<TKey, TRecord>(table.Name, write, key, record));
    }

    private async ValueTask<TableEntry<TKey, TRecord>?> EdgeAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table, ClientEdge edge, TKey? key)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(table);
        return (TableEntry<TKey, TRecord>?)await AskAsync(new EdgeStep<TKey, TRecord>(table.Name, edge, key));
    }

    private async Task<TablePage<TKey, TRecord>> PageAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table, KeyRange<TKey> range, int limit, string? continuation)
        where TKey : notnull
        where TRecord : class =>
        (TablePage<TKey, TRecord>)(await AskAsync(new PageStep<TKey, TRecord>(table.Name, range, limit, continuation)))!;
}
