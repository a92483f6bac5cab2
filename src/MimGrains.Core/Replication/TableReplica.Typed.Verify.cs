using System.Buffers;
using System.Collections;
using MimGrains.Core.Identity;
using MimGrains.Core.Log;
using MimGrains.Core.Store;
using MimGrains.Core.Verify;

namespace MimGrains.Core.Replication;

public sealed partial class TableReplica<TKey, TRecord>
{
    /// <inheritdoc/>
    public override ReadOnlyMemory<byte>? Fetch(ReadOnlyMemory<byte> key, WriteStamp stamp)
    {
        if (IsMerging)
        {
            return FetchSibling(key);
        }

        if (_store.EntryOf(DecodeKey(key)) is not { IsTombstone: false } entry || StampOf(entry) != stamp)
        {
            return null;
        }

        var body = new ArrayBufferWriter<byte>();
        _codec.Encode(entry.Key, entry.Record, body);
        return body.WrittenMemory;
    }

    /// <summary>Returns a key that was encoded without a record.</summary>
    public TKey DecodeKey(ReadOnlyMemory<byte> key)
    {
        var start = IsMerging ? ReadSibling(key.Span, out _, out _) : 0;
        _codec.Decode(key[start..], isDelete: true, out var decoded, out _);
        return decoded;
    }

    /// <summary>
    /// Loses the record of a key, or puts an older one in its place, as only a broken replica does.
    /// </summary>
    internal bool Damage(TKey key, TRecord? older, WriteStamp olderStamp) =>
        _store.Damage(key, older, older is null ? default : Localize(olderStamp));

    /// <summary>Forgets that a key was deleted, as only a broken replica does before its time.</summary>
    internal void ForgetTombstone(TKey key) => _store.ForgetTombstone(key);

    private protected override ulong[] CopyDigest() => _store.CopyDigest();

    private protected override ListingReader CaptureListing(
        IReadOnlyCollection<int> buckets, VersionVector vector, ReadOnlyMemory<byte>? after) =>
        new Lister(this, buckets, vector, after);

    private protected override Held HeldOf(ReadOnlyMemory<byte> key) => IsMerging ? HeldSibling(key) : _store.EntryOf(DecodeKey(key)) is not { } entry
        ? new Held(Holding.Nothing, default)
        : new Held(HoldingOf(entry), StampOf(entry));

    private protected override bool Apply(Mending mending)
    {
        if (IsMerging)
        {
            return MendSibling(mending);
        }

        var isDelete = mending.Kind != MendKind.Put;
        NoteWriteSize(mending.Key.Length);
        _codec.Decode(mending.Key, isDelete, out var key, out var record);
        if (mending.Kind != MendKind.Remove)
        {
            return Apply(key, record, Localize(mending.Stamp));
        }

        if (_store.EntryOf(key) is not { IsTombstone: false } entry || StampOf(entry) != mending.Stamp)
        {
            return false;
        }

        _store.Bury([entry]);
        NoteMendedAway();
        return true;
    }

    private Holding HoldingOf(Entry<TKey, TRecord> entry)
    {
        if (entry.IsTombstone)
        {
            return Holding.Tombstone;
        }

        return IsOwnerDead(entry) ? Holding.Orphan : Holding.Record;
    }

    private bool IsOwnerDead(Entry<TKey, TRecord> entry) =>
        _deadOwners.Count > 0 && IsOwnerDead(entry.Key, entry.Record!, entry.Stamp.Owner);

    private WriteStamp StampOf(Entry<TKey, TRecord> entry) =>
        new(Origins.IdOf(entry.Stamp.Origin), entry.Stamp.Sequence, entry.Stamp.TimeMicros, Origins.IdOf(entry.Stamp.Owner));

    private Stamp Localize(WriteStamp stamp) =>
        new(stamp.Sequence, stamp.TimeMicros, Origins.NumberOf(stamp.Origin), Origins.NumberOf(stamp.Owner));

    // Works on what it has copied of the replica: pages are made without its lock.
    private sealed class Lister : ListingReader
    {
        private readonly IOperationCodec<TKey, TRecord> _codec;
        private readonly OrderedIndex<TKey, TRecord>.Cursor _records;
        private readonly IReadOnlyList<ReplicaId> _origins;
        private readonly ulong[] _hashes;
        private readonly BitArray _buckets = new(BucketDigest.Buckets);

        public Lister(
            TableReplica<TKey, TRecord> replica,
            IReadOnlyCollection<int> buckets,
            VersionVector vector,
            ReadOnlyMemory<byte>? after)
            : base(vector)
        {
            _codec = replica._codec;
            var records = replica._store.Capture();
            _records = after is { } key ? records.After(replica.DecodeKey(key)) : records.All();
            _origins = replica.Origins.All();
            _hashes = [.. Enumerable.Range(0, _origins.Count).Select(replica.Origins.HashOf)];
            foreach (var bucket in buckets)
            {
                _buckets.Set(bucket, true);
            }
        }

        public override ListingPage Next(int maxWrites, int maxBytes)
        {
            List<ListedWrite> writes = [];
            var bytes = 0;
            while (writes.Count < maxWrites && bytes < maxBytes)
            {
                if (!_records.MoveNext())
                {
                    return new ListingPage(writes, IsLast: true);
                }

                bytes += List(_records.Current, writes);
            }

            return new ListingPage(writes, IsLast: false);
        }

        // Of a table that merges, all siblings of a key are on one page.
        private int List(Entry<TKey, TRecord> entry, List<ListedWrite> writes)
        {
            var bytes = 0;
            if (entry is not SiblingEntry<TKey, TRecord> merged)
            {
                return List(entry, entry.Stamp, isSibling: false, writes);
            }

            foreach (var sibling in merged.Siblings)
            {
                bytes += List(entry, sibling.Stamp, isSibling: true, writes);
            }

            return bytes;
        }

        private int List(Entry<TKey, TRecord> entry, in Stamp stamp, bool isSibling, List<ListedWrite> writes)
        {
            var hash = BucketDigest.HashOf(_hashes[stamp.Origin], stamp.Sequence, stamp.TimeMicros);
            if (!_buckets.Get(BucketDigest.BucketOf(hash)))
            {
                return 0;
            }

            var key = new ArrayBufferWriter<byte>(64);
            _codec.Encode(entry.Key, null, key);
            var origin = _origins[stamp.Origin];
            writes.Add(new ListedWrite(
                isSibling ? KeyOfSibling(key.WrittenSpan, origin, stamp.Sequence) : key.WrittenMemory,
                new WriteStamp(origin, stamp.Sequence, stamp.TimeMicros, _origins[stamp.Owner])));
            return key.WrittenCount;
        }
    }
}
