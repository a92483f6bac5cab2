namespace MimGrains.Core.Log;

/// <summary>
/// The writes of this replica that not every other one has applied yet, encoded once for all of them. Not thread-safe; the
/// bytes that it hands out never change.
/// </summary>
internal sealed class OutboundLog
{
    private const int SegmentBytes = 64 * 1024;

    private readonly LinkedList<Segment> _segments = new();

    /// <summary>The number of the last write; 0 before the first.</summary>
    public long LastSequence { get; private set; }

    /// <summary>How many bytes are kept.</summary>
    public long SizeBytes { get; private set; }

    /// <summary>Begins behind a number instead of 0. Before the first write.</summary>
    public void StartAfter(long sequence) => LastSequence = sequence;

    /// <summary>Adds a write and gives it the next number.</summary>
    public long Append(bool isDelete, long timeMicros, ReadOnlySpan<byte> body) =>
        Append(isDelete ? OperationKind.Delete : OperationKind.Insert, timeMicros, note: default, body);

    /// <summary>As the other one, with a note before the body.</summary>
    public long Append(OperationKind kind, long timeMicros, ReadOnlySpan<byte> note, ReadOnlySpan<byte> body)
    {
        var bytes = Operation.HeaderBytes + note.Length + body.Length;
        var segment = _segments.Last?.Value;
        if (segment is null || segment.Used + bytes > segment.Buffer.Length)
        {
            segment = new Segment(LastSequence + 1, Math.Max(SegmentBytes, bytes));
            _segments.AddLast(segment);
        }

        segment.Starts.Add(segment.Used);
        var target = segment.Buffer.AsSpan(segment.Used, bytes);
        Operation.WriteHeader(target, kind, timeMicros, note.Length + body.Length);
        note.CopyTo(target[Operation.HeaderBytes..]);
        body.CopyTo(target[(Operation.HeaderBytes + note.Length)..]);
        segment.Used += bytes;
        SizeBytes += bytes;
        return ++LastSequence;
    }

    /// <summary>Returns the writes after <paramref name="sequence"/>, as many as fit, at least one if there is one.</summary>
    public (List<ReadOnlyMemory<byte>> Segments, int Count, long LastTimeMicros) ReadAfter(long sequence, int maxBytes)
    {
        List<ReadOnlyMemory<byte>> slices = [];
        var count = 0;
        var lastTimeMicros = 0L;
        foreach (var segment in _segments)
        {
            if (segment.LastSequence <= sequence)
            {
                continue;
            }

            var from = (int)Math.Max(0, sequence + 1 - segment.FirstSequence);
            var until = segment.Fit(from, maxBytes, takeOne: count == 0);
            if (until == from)
            {
                break;
            }

            var slice = segment.Slice(from, until);
            slices.Add(slice);
            count += until - from;
            maxBytes -= slice.Length;
            lastTimeMicros = Operation.ReadTime(segment.Buffer.AsSpan(segment.Starts[until - 1]));
            if (until < segment.Starts.Count)
            {
                break;
            }
        }

        return (slices, count, lastTimeMicros);
    }

    /// <summary>Drops what every replica has applied.</summary>
    public void TrimThrough(long sequence)
    {
        while (_segments.First is { } first && first.Value.LastSequence <= sequence && _segments.Count > 1)
        {
            SizeBytes -= first.Value.Used;
            _segments.RemoveFirst();
        }
    }

    private sealed class Segment(long firstSequence, int bytes)
    {
        public readonly byte[] Buffer = new byte[bytes];
        public readonly List<int> Starts = [];
        public int Used;

        public long FirstSequence => firstSequence;

        public long LastSequence => firstSequence + Starts.Count - 1;

        public ReadOnlyMemory<byte> Slice(int from, int until) => Buffer.AsMemory(Starts[from], EndOf(until - 1) - Starts[from]);

        public int Fit(int from, int maxBytes, bool takeOne)
        {
            if (Used - Starts[from] <= maxBytes)
            {
                return Starts.Count;
            }

            // The last write that ends within the limit.
            var low = from;
            var high = Starts.Count;
            while (low < high)
            {
                var middle = (low + high) >> 1;
                if (EndOf(middle) - Starts[from] <= maxBytes)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return takeOne ? Math.Max(low, from + 1) : low;
        }

        private int EndOf(int index) => index + 1 < Starts.Count ? Starts[index + 1] : Used;
    }
}
