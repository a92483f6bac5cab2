using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using MimGrains.Core.Identity;
using MimGrains.Core.Log;
using MimGrains.Core.Store;

namespace MimGrains.Core.Replication;

/// <summary>One silo's replica of a table, with its records. See <see cref="TableReplica"/> for the protocol.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record, immutable.</typeparam>
/// <remarks><see cref="TryGet(TKey, out TRecord)"/>, indexed scans and <see cref="Count"/> need no lock; everything else needs the replica's.</remarks>
public sealed partial class TableReplica<TKey, TRecord> : TableReplica
    where TKey : notnull
    where TRecord : class
{
    private TableSchema<TKey, TRecord> _schema;
    private readonly IOperationCodec<TKey, TRecord> _codec;
    private TableStore<TKey, TRecord> _store;

    // Replaced, never changed: a sweep reads it without the lock.
    private volatile FrozenSet<string> _deadOwners = FrozenSet<string>.Empty;

    /// <summary>Makes an empty replica that has not joined yet.</summary>
    public TableReplica(ReplicaId self, TableSchema<TKey, TRecord> schema, IOperationCodec<TKey, TRecord> codec)
        : base(self)
    {
        _schema = schema;
        _codec = codec;
        _store = MakeStore();
    }

    /// <inheritdoc/>
    public override long Count => _store.Count;

    /// <inheritdoc/>
    public override int TombstoneCount => _store.TombstoneCount;

    /// <summary>Reads a record. Needs no lock and allocates nothing.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record) => _store.TryGet(key, out record);

    /// <summary>So many records are about to come besides those that are there: makes room for them at once.</summary>
    public void Reserve(long records) => _store.Reserve(records);

    /// <summary>Inserts or replaces a record.</summary>
    /// <param name="key">Key.</param>
    /// <param name="record">Record.</param>
    /// <param name="body">Key and record, encoded.</param>
    /// <param name="nowMicros">Wall clock, microseconds since 1970-01-01 UTC.</param>
    /// <returns>The number of the write: it is done when <see cref="TableReplica.CompletedThrough"/> reaches it.</returns>
    public long Insert(TKey key, TRecord record, ReadOnlySpan<byte> body, long nowMicros) => Write(key, record, body, nowMicros);

    /// <summary>
    /// As <see cref="Insert"/>, also when a function of the definition throws for the record, which is left out of that index then,
    /// or belongs to its writer: <see cref="Check"/> tells before.
    /// </summary>
    public long InsertUnchecked(TKey key, TRecord record, ReadOnlySpan<byte> body, long nowMicros) =>
        Write(key, record, body, nowMicros, isChecked: false);

    /// <summary>Throws what a function of the definition throws for a record: before anything of it is kept. Needs no lock.</summary>
    public void Check(TKey key, TRecord record)
    {
        _store.Check(key, record);
        _schema.OwnerOf?.Invoke(key, record);
    }

    /// <summary>Deletes a record.</summary>
    /// <param name="key">Key.</param>
    /// <param name="body">The key, encoded.</param>
    /// <param name="nowMicros">Wall clock, microseconds since 1970-01-01 UTC.</param>
    /// <returns>The number of the write.</returns>
    public long Delete(TKey key, ReadOnlySpan<byte> body, long nowMicros) => Write(key, null, body, nowMicros);

    /// <summary>Returns the write that a key's record, or its tombstone, comes from; null if nothing is known of the key.</summary>
    internal (ReplicaId Origin, long Sequence, long TimeMicros)? WriteOf(TKey key) =>
        _store.StampOf(key) is { } stamp ? (Origins.IdOf(stamp.Origin), stamp.Sequence, stamp.TimeMicros) : null;

    // Readers have the old records a little longer.
    private protected override void Clear() => _store = MakeStore();

    private protected override void ApplyBatch(OperationBatch batch, int origin, in WritesToApply writes)
    {
        foreach (var operation in batch.Operations())
        {
            if (!writes.Include(operation))
            {
                continue;
            }

            // Not the batch's clock alone, which is that of its last write: one that lets a record expire has an earlier time.
            Clock.Observe(operation.TimeMicros);

            if (operation.IsDecision)
            {
                ApplyDecision(operation, origin);
            }
            else
            {
                ApplyOperation(operation.IsDelete, operation.Body, new Stamp(operation.Sequence, operation.TimeMicros, origin));
            }
        }
    }

    private void ApplyOperation(bool isDelete, ReadOnlyMemory<byte> body, in Stamp stamp)
    {
        NoteWriteSize(body.Length);
        if (IsMerging)
        {
            MergeOperation(isDelete, body, stamp);
            return;
        }

        _codec.Decode(body, isDelete, out var key, out var record);
        if (!Apply(key, record, stamp) && IsReady && _store.StampOf(key) is { } winner && winner.Origin != stamp.Origin)
        {
            Conflicts++;
        }
    }

    private protected override int Purge(Func<Stamp, bool> mayForget, int limit) => _store.Purge(mayForget, limit);

    private protected override void MarkOwnerDead(Inbound dead)
    {
        if (!_schema.KeepWhenOwnerDies)
        {
            _deadOwners = _deadOwners.Append(dead.Id.Value).ToFrozenSet(StringComparer.Ordinal);
            RecordOwnerLost(dead.Id);
        }
    }

    private long Write(TKey key, TRecord? record, ReadOnlySpan<byte> body, long nowMicros, bool isChecked = true)
    {
        if (isChecked && record is not null)
        {
            Check(key, record);
        }

        NoteWriteSize(body.Length);
        var time = StartWrite(nowMicros);
        var sequence = Log.Append(record is null, time, IsMerging ? WithReplaced(key, body) : body);
        var stamp = new Stamp(sequence, time, SelfNumber);
        if (IsMerging)
        {
            MergeOwn(key, record, stamp);
        }
        else
        {
            Apply(key, record, stamp);
        }

        EndWrite();
        return sequence;
    }

    private bool Apply(TKey key, TRecord? record, in Stamp stamp)
    {
        // What comes late for a dead owner takes the place of older writes as it would have, and is gone as the rest is.
        var kept = record is not null && _deadOwners.Count > 0 && IsOwnerDead(key, record, stamp.Owner) ? null : record;
        var isApplied = _store.Apply(key, kept, stamp);
        if (isApplied && kept is null && record is not null)
        {
            _store.RecordLoss(key);
        }

        return isApplied;
    }

    private bool IsOwnerDead(TKey key, TRecord record, int owner) =>
        _deadOwners.Contains(OwnerOf(key, record, owner));

    private string OwnerOf(TKey key, TRecord record, int owner) => DeclaredOwnerOf(key, record) ?? Origins.IdOf(owner).Value;

    // Of what is written already: a function that throws must not keep a batch, or a sweep, from its end.
    private string? DeclaredOwnerOf(TKey key, TRecord record)
    {
        try
        {
            return _schema.OwnerOf?.Invoke(key, record);
        }
        catch (Exception exception)
        {
            _schema.OnFault?.Invoke($"the owner fails for key {key}, whose record belongs to its writer: {exception.Message}");
            return null;
        }
    }
}
