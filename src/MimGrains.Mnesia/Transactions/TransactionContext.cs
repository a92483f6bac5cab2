using System.Diagnostics.CodeAnalysis;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;
using TransactionId = MimGrains.Persistent.TransactionId;

namespace MimGrains.Mnesia.Transactions;

/// <inheritdoc cref="ITransaction"/>
internal sealed partial class TransactionContext(
    TransactionServices services,
    PlanConversation conversation,
    TransactionId id,
    ActivityKind kind,
    int attempt,
    CancellationToken cancellationToken) : ITransaction
{
    private const int NameMost = 1_000;

    // What was read under a lock stays so until the end.
    private readonly Dictionary<(string Table, RecordKey Key), byte[][]> _read = [];
    private readonly HashSet<string> _caughtUp = new(StringComparer.Ordinal);

    // Of tables on disc only: all their records, by name.
    private readonly Dictionary<string, object> _scanned = new(StringComparer.Ordinal);
    private readonly WriteSet _writes = new();

    public TransactionId Id => id;

    public ActivityKind Kind => kind;

    public int Attempt => attempt;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Whether the body has returned.</summary>
    public bool IsOver { get; private set; }

    public void End() => IsOver = true;

    /// <summary>Returns everything that was written.</summary>
    public Dictionary<FragmentId, IReadOnlyList<FragmentWrite>> Writes() =>
        _writes.ByFragment((table, key) => TransactionServices.FragmentOf(services.Get(table), key.Bytes.Span));

    public ValueTask<TRecord?> ReadAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => FirstAsync(table, key, LockMode.Shared);

    public ValueTask<TRecord?> ReadForWriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => FirstAsync(table, key, LockMode.Exclusive);

    public ValueTask<IReadOnlyList<TRecord>> ReadAllAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => AllAsync(services.Get(table), key, LockMode.Shared);

    public ValueTask<IReadOnlyList<TRecord>> ReadAllForWriteAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => AllAsync(services.Get(table), key, LockMode.Exclusive);

    public ValueTask WriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key, TRecord record)
        where TKey : notnull
        where TRecord : class
    {
        var bytes = services.Get(table).Bytes;
        return Add(table, new FragmentWrite(WriteKind.Put, bytes.ToBytes(key), bytes.ToBytes(key, record, services.RecordMaxBytes)));
    }

    public ValueTask DeleteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class =>
        Add(table, new FragmentWrite(WriteKind.Delete, services.Get(table).Bytes.ToBytes(key), default));

    public ValueTask DeleteObjectAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key, TRecord record)
        where TKey : notnull
        where TRecord : class
    {
        var bytes = services.Get(table).Bytes;
        return Add(table, new FragmentWrite(
            WriteKind.DeleteObject, bytes.ToBytes(key), bytes.ToBytes(key, record, services.RecordMaxBytes)));
    }

    public async ValueTask<long> UpdateCounterAsync<TKey>(PersistentTableDefinition<TKey, Counter> table, TKey key, long increment)
        where TKey : notnull
    {
        var sum = ((await ReadForWriteAsync(table, key))?.Value ?? 0) + increment;
        await WriteAsync(table, key, new Counter(sum));
        return sum;
    }

    public async ValueTask LockTableAsync(PersistentTableDefinition table, LockKind kind)
    {
        ArgumentNullException.ThrowIfNull(table);
        await LockSlicesAsync(services.Get(table.Name), kind == LockKind.Read ? LockMode.Shared : LockMode.Exclusive);
    }

    public async ValueTask LockNameAsync(string name, LockKind kind)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, NameMost, nameof(name));
        var key = System.Text.Encoding.UTF8.GetBytes(name);
        var fragment = new FragmentId(
            FragmentOpener.NamesTable, FragmentHash.FragmentOf(key, FragmentOpener.NamesFragments));
        await AcquireAsync(fragment, LockWish.OfRecord(key, kind == LockKind.Read ? LockMode.Shared : LockMode.Exclusive));
    }

    [DoesNotReturn]
    public void Abort(string reason) => throw new TransactionAbortedException(id, AbortReason.Requested, reason);

    public async Task<TResult> TransactionAsync<TResult>(Func<ITransaction, Task<TResult>> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        ThrowIfOver();
        _writes.Push();
        var isKept = false;
        try
        {
            var result = await body(this);
            isKept = true;
            return result;
        }
        finally
        {
            _writes.Pop(isKept);
        }
    }

    private ValueTask Add(PersistentTableDefinition table, FragmentWrite write)
    {
        ThrowIfOver();
        _writes.Add(table.Name, write);
        return ValueTask.CompletedTask;
    }

    private async ValueTask<TRecord?> FirstAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table, TKey key, LockMode mode)
        where TKey : notnull
        where TRecord : class
    {
        var parts = services.Get(table);
        RequireNoBag(parts);
        return await AllAsync(parts, key, mode) is [var record, ..] ? record : null;
    }

    private async ValueTask<IReadOnlyList<TRecord>> AllAsync<TKey, TRecord>(TableParts<TKey, TRecord> parts, TKey key, LockMode mode)
        where TKey : notnull
        where TRecord : class
    {
        var bytes = new RecordKey(parts.Bytes.ToBytes(key));
        List<byte[]> records = [.. await BytesAsync(parts, bytes, mode)];
        Overlay(parts, bytes, records);
        return [.. records.Select(record => parts.Bytes.ReadRecord(record))];
    }

    private async ValueTask<byte[][]> BytesAsync(TableParts parts, RecordKey key, LockMode mode)
    {
        ThrowIfOver();
        var fragment = TransactionServices.FragmentOf(parts, key.Bytes.Span);
        var wish = new LockWish(key, mode);
        if (_read.TryGetValue((parts.Definition.Name, key), out var known) && conversation.Holds(fragment, [wish]))
        {
            return known;
        }

        var reply = await AcquireAsync(fragment, wish);
        return _read[(parts.Definition.Name, key)] = reply.Records[0] ?? [];
    }

    private void Overlay(TableParts parts, RecordKey key, List<byte[]> records)
    {
        foreach (var write in _writes.Of(parts.Definition.Name, key))
        {
            RecordsOfKey.Apply(parts.Definition.Type == PersistentTableType.Bag, write, records);
        }
    }

    private Task<FragmentReply> AcquireAsync(FragmentId fragment, LockWish wish) =>
        conversation.AcquireAsync(fragment, [wish], cancellationToken);

    private static void RequireNoBag(TableParts parts)
    {
        if (parts.Definition.Type == PersistentTableType.Bag)
        {
            throw new InvalidOperationException($"Persistent table {parts.Definition.Name} is a bag: a key may have many records.");
        }
    }

    private void ThrowIfOver()
    {
        if (IsOver)
        {
            throw new InvalidOperationException($"Transaction {id} has ended: its body has returned.");
        }

        cancellationToken.ThrowIfCancellationRequested();
    }
}
