using MimGrains.Core.Identity;
using MimGrains.Core.Log;

namespace MimGrains.Core.Tests;

public sealed class LogTests
{
    private const int NoLimit = int.MaxValue;

    private readonly OutboundLog _log = new();

    [Fact]
    public void What_is_read_is_what_was_appended_from_any_place_on()
    {
        var random = new Random(1);
        var bodies = Enumerable.Range(0, 1_000).Select(_ => Body(random.Next(300))).ToList();
        for (var i = 0; i < bodies.Count; i++)
        {
            Assert.Equal(i + 1, _log.Append(isDelete: i % 2 == 0, timeMicros: i * 10, bodies[i]));
        }

        foreach (var after in new[] { 0, 1, 777, 998, 999 })
        {
            var (segments, count, lastTimeMicros) = _log.ReadAfter(after, NoLimit);
            var read = Batch(after + 1, count, segments).Operations().ToList();
            Assert.Equal(bodies.Count - after, count);
            Assert.Equal((bodies.Count - 1) * 10, lastTimeMicros);
            Assert.True(read.Zip(bodies.Skip(after)).All(pair => pair.First.Body.Span.SequenceEqual(pair.Second)));
            Assert.Equal(after + 1, read[0].Sequence);
            Assert.All(read, operation => Assert.Equal(operation.Sequence % 2 == 1, operation.IsDelete));
            Assert.All(read, operation => Assert.Equal((operation.Sequence - 1) * 10, operation.TimeMicros));
        }

        Assert.Equal(0, _log.ReadAfter(bodies.Count, NoLimit).Count);
    }

    [Theory, InlineData(1), InlineData(113), InlineData(114), InlineData(1_000), InlineData(70_000), InlineData(200_000)]
    public void A_limit_is_kept_unless_one_write_is_larger(int maxBytes)
    {
        for (var i = 0; i < 2_000; i++)
        {
            _log.Append(isDelete: false, timeMicros: i, Body(100));
        }

        var after = 0L;
        while (_log.ReadAfter(after, maxBytes) is { Count: > 0 } read)
        {
            var bytes = read.Segments.Sum(segment => segment.Length);
            Assert.True(bytes <= maxBytes || read.Count == 1, $"{bytes} bytes in {read.Count} writes.");
            Assert.Equal(read.Count * (100 + Operation.HeaderBytes), bytes);
            after += read.Count;
            Assert.Equal(after - 1, read.LastTimeMicros);
        }

        Assert.Equal(2_000, after);
    }

    [Fact]
    public void A_write_larger_than_a_segment_goes_through_whole()
    {
        _log.Append(isDelete: false, 1, Body(10));
        _log.Append(isDelete: false, 2, Body(300_000));
        _log.Append(isDelete: false, 3, Body(10));

        var (segments, count, _) = _log.ReadAfter(1, maxBytes: 100);
        Assert.Equal(1, count);
        Assert.Equal(300_000, Batch(2, count, segments).Operations().Single().Body.Length);
        Assert.Equal(3, _log.ReadAfter(0, NoLimit).Count);
    }

    [Fact]
    public void Trimming_frees_the_bytes_and_keeps_the_rest()
    {
        for (var i = 0; i < 10_000; i++)
        {
            _log.Append(isDelete: false, i, Body(100));
        }

        _log.TrimThrough(9_000);
        Assert.InRange(_log.SizeBytes, 1_000 * 113, (1_000 * 113) + (64 * 1_024));
        Assert.Equal(1_000, _log.ReadAfter(9_000, NoLimit).Count);
        _log.TrimThrough(10_000);
        Assert.InRange(_log.SizeBytes, 0, 64 * 1_024);
        Assert.Equal(0, _log.ReadAfter(10_000, NoLimit).Count);
        Assert.Equal(10_001, _log.Append(isDelete: false, 1, Body(1)));
        Assert.Equal(1, _log.ReadAfter(10_000, NoLimit).Count);
    }

    [Fact]
    public void Bytes_that_were_handed_out_do_not_change()
    {
        _log.Append(isDelete: false, 1, Body(50));
        var bytes = _log.ReadAfter(0, NoLimit).Segments[0];
        var before = bytes.ToArray();
        for (var i = 0; i < 5_000; i++)
        {
            _log.Append(isDelete: false, i, Body(50));
        }

        _log.TrimThrough(4_000);
        Assert.Equal(before, bytes.ToArray());
    }

    [Fact]
    public void A_batch_that_is_cut_off_anywhere_is_refused()
    {
        _log.Append(isDelete: false, 1, Body(5));
        _log.Append(isDelete: true, 2, Body(3));
        var whole = _log.ReadAfter(0, NoLimit).Segments[0];
        Assert.Equal(2, Batch(1, 2, [whole]).Operations().Count());

        for (var length = 0; length < whole.Length; length++)
        {
            var batch = Batch(1, 2, [whole[..length]]);
            Assert.Throws<InvalidDataException>(() => batch.Operations().Count());
        }

        Assert.Throws<InvalidDataException>(() => Batch(1, 1, [whole]).Operations().Count());
    }

    [Fact]
    public void A_clock_never_stands_still_or_goes_back()
    {
        var clock = new HybridClock();

        Assert.Equal(100, clock.Next(100));
        Assert.Equal(101, clock.Next(100));
        Assert.Equal(102, clock.Next(50));
        clock.Observe(500);
        Assert.Equal(501, clock.Next(120));
        clock.Observe(300);
        Assert.Equal(600, clock.Next(600));
        Assert.Equal(600, clock.LastMicros);
    }

    private static byte[] Body(int size) => [.. Enumerable.Range(0, size).Select(i => (byte)i)];

    private static OperationBatch Batch(long first, int count, IReadOnlyList<ReadOnlyMemory<byte>> segments) => new()
    {
        Origin = Sample.A,
        FirstSequence = first,
        Count = count,
        ClockMicros = 0,
        StableSequence = 0,
        Segments = segments,
    };
}
