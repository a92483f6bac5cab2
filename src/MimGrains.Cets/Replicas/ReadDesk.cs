using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using MimGrains.Cets.Streams;

namespace MimGrains.Cets.Replicas;

/// <summary>Keeps the reads of whole replicas that other silos have begun here, until they end or are left lying. Thread-safe.</summary>
internal sealed class ReadDesk(TimeProvider time)
{
    private static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(1);
    private const int ChunkBytes = 512 * 1_024;

    private readonly ConcurrentDictionary<long, Read> _reads = new();
    private long _lastId;

    /// <summary>Keeps a read.</summary>
    /// <param name="records">The encoded records of one moment.</param>
    public long Keep(IEnumerable<ReadOnlyMemory<byte>> records)
    {
        foreach (var (id, old) in _reads)
        {
            if (time.GetElapsedTime(old.LastAskedAt) > IdleLimit && _reads.TryRemove(id, out var left))
            {
                left.Records.Dispose();
            }
        }

        var readId = Interlocked.Increment(ref _lastId);
        _reads[readId] = new Read(records.GetEnumerator()) { LastAskedAt = time.GetTimestamp() };
        return readId;
    }

    /// <summary>Returns the next records, each with 4 bytes of its size before it; null when there is no such read.</summary>
    public WireDumpChunk? Next(long readId)
    {
        if (!_reads.TryGetValue(readId, out var read))
        {
            return null;
        }

        lock (read)
        {
            read.LastAskedAt = time.GetTimestamp();
            var output = new ArrayBufferWriter<byte>();
            var count = 0;
            while (output.WrittenCount < ChunkBytes)
            {
                if (!read.Records.MoveNext())
                {
                    _reads.TryRemove(readId, out _);
                    read.Records.Dispose();
                    return new WireDumpChunk(count, new BatchPayload([output.WrittenMemory]), IsLast: true);
                }

                BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), read.Records.Current.Length);
                output.Advance(sizeof(int));
                output.Write(read.Records.Current.Span);
                count++;
            }

            return new WireDumpChunk(count, new BatchPayload([output.WrittenMemory]), IsLast: false);
        }
    }

    private sealed class Read(IEnumerator<ReadOnlyMemory<byte>> records)
    {
        public IEnumerator<ReadOnlyMemory<byte>> Records => records;

        public long LastAskedAt { get; set; }
    }
}
