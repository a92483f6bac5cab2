using System.Buffers;
using System.Buffers.Binary;
using MimGrains.Core.Identity;
using MimGrains.Core.Log;
using MimGrains.Core.Store;

namespace MimGrains.Core.Replication;

// Tables with a resolver: see TableStore.Siblings.cs.
public sealed partial class TableReplica<TKey, TRecord>
{
    // In a dump: 4 bytes number of the origin and 8 bytes sequence of the write that was replaced, then its key.
    private const int RemovalBytes = 12;

    private readonly ArrayBufferWriter<byte> _mergeBody = new();

    /// <summary>Returns whether concurrent writes of a key are merged, by the resolver of the schema.</summary>
    public bool IsMerging => _store.IsMerging;

    /// <summary>Returns the writes that the record of a key is made of, ascending by (time, origin).</summary>
    internal IReadOnlyList<(ReplicaId Origin, long Sequence, long TimeMicros, TRecord Record)> WritesOf(TKey key)
    {
        List<(ReplicaId, long, long, TRecord)> writes = [];
        foreach (var (stamp, record) in _store.SiblingsOf(key))
        {
            writes.Add((Origins.IdOf(stamp.Origin), stamp.Sequence, stamp.TimeMicros, record));
        }

        return writes;
    }

    private TableStore<TKey, TRecord> MakeStore() =>
        new(_schema, Origins, _schema.Resolve is { } resolve ? new(resolve, AreEqual, _schema.OnFault) : null);

    private ReadOnlySpan<byte> WithReplaced(TKey key, ReadOnlySpan<byte> body)
    {
        _mergeBody.ResetWrittenCount();
        ReplacedDots.Write(_store.SiblingsOf(key), SelfNumber, Origins, _mergeBody);
        _mergeBody.Write(body);
        return _mergeBody.WrittenSpan;
    }

    // What this replica writes replaces all that it has.
    private void MergeOwn(TKey key, TRecord? record, in Stamp stamp)
    {
        var siblings = _store.SiblingsOf(key);
        var replaced = new LocalDot[siblings.Length];
        for (var i = 0; i < replaced.Length; i++)
        {
            replaced[i] = siblings[i].Dot;
        }

        Merge(key, record, stamp, replaced);
    }

    private void Merge(TKey key, TRecord? record, in Stamp stamp, ReadOnlySpan<LocalDot> replaced)
    {
        if (record is not null && _deadOwners.Count > 0 && IsOwnerDead(key, record, stamp.Owner))
        {
            // As in Apply: it replaces what it would have, and is gone as the rest of its owner is.
            _store.Merge(key, null, stamp, [.. replaced, new LocalDot(stamp.Origin, stamp.Sequence)]);
            _store.RecordLoss(key);
        }
        else
        {
            _store.Merge(key, record, stamp, replaced);
        }
    }

    private void MergeOperation(bool isDelete, ReadOnlyMemory<byte> body, in Stamp stamp)
    {
        var replaced = ReplacedDots.Read(ref body, stamp.Origin, Origins);
        _codec.Decode(body, isDelete, out var key, out var record);
        Merge(key, record, stamp, replaced);
        if (IsReady && _store.SiblingsOf(key).Length > 1)
        {
            Conflicts++;
        }
    }

    private bool BurySiblings(TKey key) =>
        _store.BurySiblings(key, sibling => IsOwnerDead(key, sibling.Record, sibling.Stamp.Owner));

    private void MergeRemoval(ReadOnlyMemory<byte> body, in Stamp by)
    {
        if (body.Length < RemovalBytes || BinaryPrimitives.ReadInt32LittleEndian(body.Span) is var origin
            && (uint)origin >= (uint)_dumpOrigins.Length)
        {
            throw new InvalidDataException($"An entry of a dump chunk that says what was replaced is none ({body.Length} bytes).");
        }

        var dot = new LocalDot(_dumpOrigins[origin], BinaryPrimitives.ReadInt64LittleEndian(body.Span[sizeof(int)..]));
        _codec.Decode(body[RemovalBytes..], isDelete: true, out var key, out _);
        _store.Merge(key, null, by, [dot]);
    }

    private static void WriteRemoval(
        TKey key, in Removal removal, IOperationCodec<TKey, TRecord> codec, ArrayBufferWriter<byte> body)
    {
        var target = body.GetSpan(RemovalBytes);
        BinaryPrimitives.WriteInt32LittleEndian(target, removal.Dot.Origin);
        BinaryPrimitives.WriteInt64LittleEndian(target[sizeof(int)..], removal.Dot.Sequence);
        body.Advance(RemovalBytes);
        codec.Encode(key, null, body);
    }

    /// <summary>Returns whether two records are equal, by their own way or by their bytes.</summary>
    public bool AreEqual(TKey key, TRecord left, TRecord right)
    {
        if (ReferenceEquals(left, right) || left.Equals(right))
        {
            return true;
        }

        var leftBytes = new ArrayBufferWriter<byte>();
        var rightBytes = new ArrayBufferWriter<byte>();
        _codec.Encode(key, left, leftBytes);
        _codec.Encode(key, right, rightBytes);
        return leftBytes.WrittenSpan.SequenceEqual(rightBytes.WrittenSpan);
    }
}
