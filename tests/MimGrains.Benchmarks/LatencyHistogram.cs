using HdrHistogram;

namespace MimGrains.Benchmarks;

/// <summary>Latencies in nanoseconds, to three digits, up to a minute.</summary>
internal static class LatencyHistogram
{
    private const long MaxNs = 60_000_000_000;
    private const int Digits = 3;

    public static LongHistogram Create() => new(1, MaxNs, Digits);

    public static void Record(LongHistogram histogram, TimeSpan latency) =>
        histogram.RecordValue(Math.Clamp((long)latency.TotalNanoseconds, 1, MaxNs));

    /// <summary>Returns value and count of everything that was recorded, ascending by value.</summary>
    public static IReadOnlyList<long[]> ToPairs(HistogramBase histogram) =>
        [.. histogram.RecordedValues().Select(step => new[] { step.ValueIteratedTo, step.CountAtValueIteratedTo })];

    /// <summary>Returns one histogram with the recorded values of several.</summary>
    public static LongHistogram Merge(IEnumerable<IReadOnlyList<long[]>> parts)
    {
        var merged = Create();
        foreach (var pair in parts.SelectMany(part => part))
        {
            merged.RecordValueWithCount(pair[0], pair[1]);
        }

        return merged;
    }
}
