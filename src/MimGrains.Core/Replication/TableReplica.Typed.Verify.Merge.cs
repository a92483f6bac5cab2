using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using MimGrains.Core.Identity;
using MimGrains.Core.Store;
using MimGrains.Core.Verify;

namespace MimGrains.Core.Replication;

// In a table that merges, what is compared and mended is not the record of a key but each of its siblings. A key that is listed
// then names one: 2 bytes size of the origin's name, the name in UTF-8, 8 bytes number, and the key; all little-endian.
public sealed partial class TableReplica<TKey, TRecord>
{
    private static byte[] KeyOfSibling(ReadOnlySpan<byte> key, ReplicaId origin, long sequence)
    {
        var name = Encoding.UTF8.GetBytes(origin.Value);
        var named = new byte[sizeof(ushort) + name.Length + sizeof(long) + key.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(named, checked((ushort)name.Length));
        name.CopyTo(named.AsSpan(sizeof(ushort)));
        BinaryPrimitives.WriteInt64LittleEndian(named.AsSpan(sizeof(ushort) + name.Length), sequence);
        key.CopyTo(named.AsSpan(sizeof(ushort) + name.Length + sizeof(long)));
        return named;
    }

    // Returns where the key itself begins.
    private static int ReadSibling(ReadOnlySpan<byte> named, out ReplicaId origin, out long sequence)
    {
        var size = BinaryPrimitives.ReadUInt16LittleEndian(named);
        origin = new ReplicaId(Encoding.UTF8.GetString(named.Slice(sizeof(ushort), size)));
        sequence = BinaryPrimitives.ReadInt64LittleEndian(named[(sizeof(ushort) + size)..]);
        return sizeof(ushort) + size + sizeof(long);
    }

    private Sibling<TRecord>? SiblingOf(ReadOnlyMemory<byte> named, out TKey key)
    {
        ReadSibling(named.Span, out var origin, out var sequence);
        key = DecodeKey(named);
        var dot = new LocalDot(Origins.NumberOf(origin), sequence);
        foreach (var sibling in _store.SiblingsOf(key))
        {
            if (sibling.Dot == dot)
            {
                return sibling;
            }
        }

        return null;
    }

    private Held HeldSibling(ReadOnlyMemory<byte> named)
    {
        if (SiblingOf(named, out var key) is not { } sibling)
        {
            return new Held(Holding.Nothing, default);
        }

        var isOrphan = _deadOwners.Count > 0 && IsOwnerDead(key, sibling.Record, sibling.Stamp.Owner);
        return new Held(isOrphan ? Holding.Orphan : Holding.Record, Globalize(sibling.Stamp));
    }

    private ReadOnlyMemory<byte>? FetchSibling(ReadOnlyMemory<byte> named)
    {
        if (SiblingOf(named, out var key) is not { } sibling)
        {
            return null;
        }

        var body = new ArrayBufferWriter<byte>();
        _codec.Encode(key, sibling.Record, body);
        return KeyOfSibling(body.WrittenSpan, Origins.IdOf(sibling.Stamp.Origin), sibling.Stamp.Sequence);
    }

    private bool MendSibling(Mending mending)
    {
        var before = SiblingOf(mending.Key, out var key);
        var stamp = Localize(mending.Stamp);
        if (mending.Kind == MendKind.Put && before is null)
        {
            var start = ReadSibling(mending.Key.Span, out _, out _);
            _codec.Decode(mending.Key[start..], isDelete: false, out _, out var record);
            Merge(key, record, stamp, []);
            return SiblingOf(mending.Key, out _) is not null;
        }

        if (mending.Kind == MendKind.Remove && before is { } held && held.Stamp == stamp)
        {
            _store.BurySiblings(key, sibling => sibling.Dot == held.Dot);
            NoteMendedAway();
            return true;
        }

        return false;
    }

    private WriteStamp Globalize(in Stamp stamp) => 
        new(Origins.IdOf(stamp.Origin), stamp.Sequence, stamp.TimeMicros, Origins.IdOf(stamp.Owner));
}
