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

        var maxNs = parts.Max(part => part.MaxNs);
        var latencies = LatencyHistogram.Merge(parts.Select(part => part.Histogram));
        return new JsonObject
        {
            ["ops_per_s"] = parts.Sum(part => part.OpsPerSecond),
            ["mean_us"] = parts.Sum(part => part.SumNs) / measured / NsPerUs,
            ["p50_us"] = Percentile(50),
            ["p99_us"] = Percentile(99),
            ["p999_us"] = Percentile(99.9),
            ["max_us"] = maxNs / NsPerUs,
            ["n"] = measured,
            ["workers"] = workers,
        };

        // A bucket's upper edge may lie above the longest operation, which is known exactly.
        double Percentile(double percent) => Math.Min(maxNs, latencies.GetValueAtPercentile(percent)) / NsPerUs;
    }
}
