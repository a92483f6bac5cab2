using System.Diagnostics.CodeAnalysis;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;
using TransactionId = MimGrains.Persistent.TransactionId;

namespace MimGrains.Mnesia.Transactions;

/// <summary>Operations without a transaction: reads from this silo's copy, writes to the fragment, each for itself.</summary>
internal sealed partial class DirtyContext(
    TransactionServices services, ITransactions transactions, TransactionId id, ActivityKind kind, CancellationToken cancellationToken)
    : ITransaction
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AgainPause = TimeSpan.FromMilliseconds(20);

    public TransactionId Id => id;

    public ActivityKind Kind => kind;

    public int Attempt => 1;

    public CancellationToken CancellationToken => cancellationToken;

    public async ValueTask<TRecord?> ReadAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class
    {
        if (services.Get(table).Definition.Type == PersistentTableType.Bag)
        {
            throw new InvalidOperationException($"Persistent table {table.Name} is a bag: a key may have many records.");
        }

        return await ReadAllAsync(table, key) is [var record, ..] ? record : null;
    }

    public ValueTask<TRecord?> ReadForWriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => ReadAsync(table, key);

    public async ValueTask<IReadOnlyList<TRecord>> ReadAllAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class
    {
        var parts = services.Get(table);
        await services.KnowStorageAsync(parts, cancellationToken);
        if (services.FindCopy(parts) is { } copy && copy.GetAll(key) is var held && (held.Count > 0 || services.FindCopy(parts) == copy))
        {
            return held;
        }

        var bytes = parts.Bytes.ToBytes(key);
        var reply = await AskAsync(TransactionServices.FragmentOf(parts, bytes), new FragmentRequest
        {
            Kind = FragmentRequestKind.Read,
            Sender = services.Caller.Self,
            Locks = [new WireLock(bytes, LockMode.None)],
        });
        return [.. (reply.Records[0] ?? []).Select(record => parts.Bytes.ReadRecord(record))];
    }

    public ValueTask<IReadOnlyList<TRecord>> ReadAllForWriteAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => ReadAllAsync(table, key);

    public ValueTask WriteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key, TRecord record)
        where TKey : notnull
        where TRecord : class
    {
        var parts = services.Get(table);
        return PutAsync(parts, WriteKind.Put, parts.Bytes.ToBytes(key), parts.Bytes.ToBytes(key, record, services.RecordMaxBytes));
    }

    public ValueTask DeleteAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class
    {
        var parts = services.Get(table);
        return PutAsync(parts, WriteKind.Delete, parts.Bytes.ToBytes(key), []);
    }

    public ValueTask DeleteObjectAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key, TRecord record)
        where TKey : notnull
        where TRecord : class
    {
        var parts = services.Get(table);
        return PutAsync(
            parts, WriteKind.DeleteObject, parts.Bytes.ToBytes(key), parts.Bytes.ToBytes(key, record, services.RecordMaxBytes));
    }

    // Reading and writing cannot be one dirty operation: a small transaction loses no addition.
    public async ValueTask<long> UpdateCounterAsync<TKey>(PersistentTableDefinition<TKey, Counter> table, TKey key, long increment)
        where TKey : notnull => kind == ActivityKind.SyncDirty
            ? await transactions.SyncTransactionAsync(
                async inner => await inner.UpdateCounterAsync(table, key, increment), cancellationToken: cancellationToken)
            : await transactions.TransactionAsync(
                async inner => await inner.UpdateCounterAsync(table, key, increment), cancellationToken: cancellationToken);

    public ValueTask LockTableAsync(PersistentTableDefinition table, LockKind kind) => ValueTask.CompletedTask;

    public ValueTask LockNameAsync(string name, LockKind kind) =>
        throw new InvalidOperationException($"A dirty activity holds no locks: {name} cannot be locked in it.");

    [DoesNotReturn]
    public void Abort(string reason) => throw new TransactionAbortedException(id, AbortReason.Requested, reason);

    public Task<TResult> TransactionAsync<TResult>(Func<ITransaction, Task<TResult>> body) =>
        throw new InvalidOperationException("A dirty activity has no transactions in it: call ITransactions.TransactionAsync.");

    private async ValueTask PutAsync(TableParts parts, WriteKind write, byte[] key, byte[] record) =>
        await AskAsync(TransactionServices.FragmentOf(parts, key), new FragmentRequest
        {
            Kind = FragmentRequestKind.Write,
            Sender = services.Caller.Self,
            Writes = [new WireWrite(write, key, record)],
            IsSync = kind == ActivityKind.SyncDirty,
        });

    // Writes may be done more than once: what they say is what is there then.
    private async Task<FragmentReply> AskAsync(FragmentId fragment, FragmentRequest request, Func<bool>? isAskedInVain = null)
    {
        using var expiry = new CancellationTokenSource(Timeout, services.Time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        var reason = "no answer";
        while (!ending.IsCancellationRequested)
        {
            try
            {
                var reply = await services.Caller.AskAsync(fragment, request).WaitAsync(ending.Token);
                if (reply.Kind is AnswerKind.Written or AnswerKind.Granted)
                {
                    return reply;
                }

                if (reply.Kind == AnswerKind.Unavailable)
                {
                    throw new PersistentTableUnavailableException(fragment.Table, reply.Detail);
                }

                reason = reply.Detail;
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or PersistentTableUnavailableException))
            {
                // The silo of the fragment is gone: another one takes over.
                reason = exception.Message;
            }

            if (isAskedInVain?.Invoke() == true)
            {
                throw new TransactionRestartException(reason);
            }

            await Task.Delay(AgainPause, services.Time, CancellationToken.None);
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw new TransactionTimeoutException(id, Timeout, $"{fragment}: {reason}");
    }
}
