using System.Collections.Concurrent;
using MimGrains.Cets.Streams;
using MimGrains.Core.Replication;

namespace MimGrains.Cets.Replicas;

/// <summary>Keeps the dumps that this silo is giving, until they are finished, begun again, or left lying. Thread-safe.</summary>
internal sealed class DumpDesk(TimeProvider time)
{
    // A joining silo that does not ask for so long has gone.
    private static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(1);
    private const int ChunkBytes = 512 * 1_024;

    private readonly ConcurrentDictionary<long, GivenDump> _dumps = new();
    private long _lastId;

    public long Keep(string table, string to, DumpReader reader)
    {
        foreach (var (id, old) in _dumps)
        {
            if ((old.Table == table && old.To == to) || time.GetElapsedTime(old.LastAskedAt) > IdleLimit)
            {
                _dumps.TryRemove(id, out _);
            }
        }

        var dumpId = Interlocked.Increment(ref _lastId);
        _dumps[dumpId] = new GivenDump(table, to, reader) { LastAskedAt = time.GetTimestamp() };
        return dumpId;
    }

    /// <summary>Returns the next chunk, or null when there is no such dump.</summary>
    public WireDumpChunk? Next(long dumpId, int maxRecords)
    {
        if (!_dumps.TryGetValue(dumpId, out var dump))
        {
            return null;
        }

        lock (dump)
        {
            dump.LastAskedAt = time.GetTimestamp();
            var chunk = dump.Reader.Next(maxRecords, ChunkBytes);
            if (chunk.IsLast)
            {
                _dumps.TryRemove(dumpId, out _);
            }

            return new WireDumpChunk(chunk.Count, new BatchPayload([chunk.Bytes]), chunk.IsLast);
        }
    }

    private sealed class GivenDump(string table, string to, DumpReader reader)
    {
        public string Table => table;

        public string To => to;

        public DumpReader Reader => reader;

        public long LastAskedAt { get; set; }
    }
}
