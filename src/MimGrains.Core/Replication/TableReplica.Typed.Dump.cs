using System.Buffers;
using System.Buffers.Binary;
using MimGrains.Core.Log;
using MimGrains.Core.Store;

namespace MimGrains.Core.Replication;

public sealed partial class TableReplica<TKey, TRecord>
{
    // 4 bytes size of the body, 1 byte kind, 4 bytes number of the origin, 8 bytes sequence, 8 bytes time; little-endian.
    private const int EntryHeaderBytes = 25;

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
            if ((uint)origin >= (uint)_dumpOrigins.Length)
            {
                throw new InvalidDataException($"Entry {i} of a dump chunk has origin {origin} of {_dumpOrigins.Length}.");
            }

            var stamp = new Stamp(
                BinaryPrimitives.ReadInt64LittleEndian(span[9..]),
                BinaryPrimitives.ReadInt64LittleEndian(span[17..]),
                _dumpOrigins[origin]);
            _codec.Decode(rest.Slice(EntryHeaderBytes, bodyBytes), span[4] == 1, out var key, out var record);
            Apply(key, record, stamp);
            rest = rest[(EntryHeaderBytes + bodyBytes)..];
        }

        if (chunk.IsLast)
        {
            AcceptLastChunk();
        }
    }

    private protected override DumpReader CaptureDump(DumpHeader header) => new Reader(this, header);

    private sealed class Reader : DumpReader
    {
        private readonly IOperationCodec<TKey, TRecord> _codec;
        private readonly Entry<TKey, TRecord>[] _tombstones;
        private readonly OrderedIndex<TKey, TRecord>.Cursor _records;
        private int _nextTombstone;

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

                Write(entry, body, output);
                count++;
            }

            return new DumpChunk(count, output.WrittenMemory, IsLast: false);
        }

        private Entry<TKey, TRecord>? NextEntry()
        {
            if (_nextTombstone < _tombstones.Length)
            {
                return _tombstones[_nextTombstone++];
            }

            return _records.MoveNext() ? _records.Current : null;
        }

        private void Write(Entry<TKey, TRecord> entry, ArrayBufferWriter<byte> body, ArrayBufferWriter<byte> output)
        {
            body.ResetWrittenCount();
            _codec.Encode(entry.Key, entry.Record, body);
            var header = output.GetSpan(EntryHeaderBytes);
            BinaryPrimitives.WriteInt32LittleEndian(header, body.WrittenCount);
            header[4] = entry.IsTombstone ? (byte)1 : (byte)0;
            BinaryPrimitives.WriteInt32LittleEndian(header[5..], entry.Stamp.Origin);
            BinaryPrimitives.WriteInt64LittleEndian(header[9..], entry.Stamp.Sequence);
            BinaryPrimitives.WriteInt64LittleEndian(header[17..], entry.Stamp.TimeMicros);
            output.Advance(EntryHeaderBytes);
            output.Write(body.WrittenSpan);
        }
    }
}
