using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Silo;

namespace MimGrains.Benchmarks.Cases;

/// <summary>The fields of a run whose operations were timed one by one.</summary>
internal static class LatencyFields
{
    private const double NsPerUs = 1_000;

    /// <summary>Returns rate and latencies of loads that ran side by side.</summary>
    /// <exception cref="InvalidOperationException">No operation was measured.</exception>
    public static JsonObject Of(IReadOnlyList<LoadResult> parts, int workers)
    {
        var measured = parts.Sum(part => part.Measured);
        if (measured == 0)
        {
            throw new InvalidOperationException("No operation was completed in the measured time.");
        }

        var latencies = LatencyHistogram.Merge(parts.Select(part => part.Histogram));
        return new JsonObject
        {
            ["ops_per_s"] = parts.Sum(part => part.OpsPerSecond),
            ["mean_us"] = parts.Sum(part => part.SumNs) / measured / NsPerUs,
            ["p50_us"] = latencies.GetValueAtPercentile(50) / NsPerUs,
            ["p99_us"] = latencies.GetValueAtPercentile(99) / NsPerUs,
            ["p999_us"] = latencies.GetValueAtPercentile(99.9) / NsPerUs,
            ["max_us"] = parts.Max(part => part.MaxNs) / NsPerUs,
            ["n"] = measured,
            ["workers"] = workers,
        };
    }
}
