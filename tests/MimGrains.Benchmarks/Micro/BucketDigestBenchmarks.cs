using BenchmarkDotNet.Attributes;
using MimGrains.Core.Store;

namespace MimGrains.Benchmarks.Micro;

// Question: what does it cost a write to keep the sums up to date by which replicas are compared? Expect a few nanoseconds,
// since they stay in the processor's caches, no growth with the records, and no allocation.
[MemoryDiagnoser]
public class BucketDigestBenchmarks
{
    private readonly BucketDigest _digest = new();
    private readonly ulong _origin = BucketDigest.HashOf("S127.0.0.1:11111:123456789");
    private long _sequence;

    /// <summary>A replaced record: the old write goes, the new one comes.</summary>
    [Benchmark]
    public void Replace()
    {
        var sequence = ++_sequence;
        _digest.Remove(BucketDigest.HashOf(_origin, sequence - 1, sequence - 1));
        _digest.Add(BucketDigest.HashOf(_origin, sequence, sequence));
    }

    /// <summary>What a comparison takes under the lock of a replica.</summary>
    [Benchmark]
    public ulong[] Copy() => _digest.Copy();
}
