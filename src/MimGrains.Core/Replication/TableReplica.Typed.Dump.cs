using System.Buffers;
using System.Buffers.Binary;
using MimGrains.Core.Log;
using MimGrains.Core.Store;

namespace MimGrains.Core.Replication;

public sealed partial class TableReplica<TKey, TRecord>
{
    // 4 bytes size of the body, 1 byte kind, 4 bytes number of the origin, 4 bytes that of the owner, 8 bytes sequence,
    // 8 bytes time; little-endian.
    private const int EntryHeaderBytes = 29;

    private int[] _dumpOrigins = [];

    /// <summary>Takes the header of a dump: begins the merge.</summary>
    /// <exception cref="InvalidOperationException">No dump was requested, or its giver is declared dead.</exception>
    public void OnDumpHeader(DumpHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        AcceptDumpHeader(header);
        _dumpOrigins = [.. header.Origins.Select(Origins.NumberOf)];
    }

    /// <summary>Merges some entries of a dump. After the last chunk the replica is ready.</summary>
    /// <exception cref="InvalidOperationException">No dump is under way, or its giver is declared dead meanwhile.</exception>
    /// <exception cref="InvalidDataException">The chunk is cut off, or names an origin that the header did not.</exception>
    public void OnDumpChunk(DumpChunk chunk)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        CheckMerging();
        var rest = chunk.Bytes;
        for (var i = 0; i < chunk.Count; i++)
        {
            var span = rest.Span;
            var bodyBytes = span.Length < EntryHeaderBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(span);
            if (bodyBytes < 0 || bodyBytes > span.Length - EntryHeaderBytes)
            {
                throw new InvalidDataException($"Entry {i} of {chunk.Count} of a dump chunk is cut off ({span.Length} bytes left).");
            }

            var origin = BinaryPrimitives.ReadInt32LittleEndian(span[5..]);
            var owner = BinaryPrimitives.ReadInt32LittleEndian(span[9..]);
            if ((uint)origin >= (uint)_dumpOrigins.Length || (uint)owner >= (uint)_dumpOrigins.Length)
            {
                throw new InvalidDataException(
                    $"Entry {i} of a dump chunk has origin {origin} and owner {owner} of {_dumpOrigins.Length}.");
            }

            var stamp = new Stamp(
                BinaryPrimitives.ReadInt64LittleEndian(span[13..]),
                BinaryPrimitives.ReadInt64LittleEndian(span[21..]),
                _dumpOrigins[origin],
                _dumpOrigins[owner]);
            AcceptEntry((EntryKind)span[4], rest.Slice(EntryHeaderBytes, bodyBytes), stamp);
            rest = rest[(EntryHeaderBytes + bodyBytes)..];
        }

        if (chunk.IsLast)
        {
            AcceptLastChunk();
        }
    }

    private enum EntryKind : byte
    {
        Record = 0,
        Tombstone = 1,

        /// <summary>In a table that merges: a write that was replaced and may still come.</summary>
        Removal = 2,
    }

    private void AcceptEntry(EntryKind kind, ReadOnlyMemory<byte> body, in Stamp stamp)
    {
        if (kind == EntryKind.Removal)
        {
            MergeRemoval(body, stamp);
            return;
        }

        NoteWriteSize(body.Length);
        _codec.Decode(body, kind == EntryKind.Tombstone, out var key, out var record);
        if (IsMerging)
        {
            Merge(key, record, stamp, []);
        }
        else
        {
            Apply(key, record, stamp);
        }
    }

    private protected override DumpReader CaptureDump(DumpHeader header) => new Reader(this, header);

    private sealed class Reader : DumpReader
    {
        private readonly IOperationCodec<TKey, TRecord> _codec;
        private readonly Entry<TKey, TRecord>[] _tombstones;
        private readonly OrderedIndex<TKey, TRecord>.Cursor _records;
        private int _nextTombstone;
        private bool _isInRecords;

        public Reader(TableReplica<TKey, TRecord> replica, DumpHeader header)
            : base(header)
        {
            _codec = replica._codec;
            _tombstones = replica._store.CaptureTombstones();
            var records = replica._store.Capture();
            _records = records.All();
            TotalCount = _tombstones.Length + records.Count;
        }

        public override long TotalCount { get; }

        public override DumpChunk Next(int maxRecords, int maxBytes)
        {
            var output = new ArrayBufferWriter<byte>();
            var body = new ArrayBufferWriter<byte>();
            var count = 0;
            while (count < maxRecords && output.WrittenCount < maxBytes)
            {
                if (NextEntry() is not { } entry)
                {
                    return new DumpChunk(count, output.WrittenMemory, IsLast: true);
                }

                count += Write(entry, body, output);
            }

            return new DumpChunk(count, output.WrittenMemory, IsLast: false);
        }

        private Entry<TKey, TRecord>? NextEntry()
        {
            if (_nextTombstone < _tombstones.Length)
            {
                return _tombstones[_nextTombstone++];
            }

            _isInRecords = true;
            return _records.MoveNext() ? _records.Current : null;
        }

        // Of a table that merges, first what was replaced and may still come, and with the records all siblings of each.
        private int Write(Entry<TKey, TRecord> entry, ArrayBufferWriter<byte> body, ArrayBufferWriter<byte> output)
        {
            if (entry is not SiblingEntry<TKey, TRecord> merged)
            {
                // Not what the entry says now: its record may have been buried since the dump began.
                _codec.Encode(entry.Key, _isInRecords ? entry.Record : null, body);
                Append(_isInRecords ? EntryKind.Record : EntryKind.Tombstone, entry.Stamp, body, output);
                return 1;
            }

            if (_isInRecords)
            {
                foreach (var sibling in merged.Siblings)
                {
                    _codec.Encode(entry.Key, sibling.Record, body);
                    Append(EntryKind.Record, sibling.Stamp, body, output);
                }

                return merged.Siblings.Length;
            }

            foreach (var removal in merged.Removals)
            {
                WriteRemoval(entry.Key, removal, _codec, body);
                Append(EntryKind.Removal, removal.By, body, output);
            }

            return merged.Removals.Length;
        }

        private static void Append(EntryKind kind, in Stamp stamp, ArrayBufferWriter<byte> body, ArrayBufferWriter<byte> output)
        {
            var header = output.GetSpan(EntryHeaderBytes);
            BinaryPrimitives.WriteInt32LittleEndian(header, body.WrittenCount);
            header[4] = (byte)kind;
            BinaryPrimitives.WriteInt32LittleEndian(header[5..], stamp.Origin);
            BinaryPrimitives.WriteInt32LittleEndian(header[9..], stamp.Owner);
            BinaryPrimitives.WriteInt64LittleEndian(header[13..], stamp.Sequence);
            BinaryPrimitives.WriteInt64LittleEndian(header[21..], stamp.TimeMicros);
            output.Advance(EntryHeaderBytes);
            output.Write(body.WrittenSpan);
            body.ResetWrittenCount();
        }
    }
}
