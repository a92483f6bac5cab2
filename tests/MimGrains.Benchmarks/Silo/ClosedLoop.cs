using System.Diagnostics;
using HdrHistogram;

namespace MimGrains.Benchmarks.Silo;

/// <summary>What the workers of one silo did.</summary>
/// <param name="Measured">Operations that started after the warm-up.</param>
/// <param name="Total">All operations, those of the warm-up too.</param>
/// <param name="OpsPerSecond">Measured operations a second, until the last of them ended.</param>
/// <param name="SumNs">Sum of the measured durations.</param>
/// <param name="MaxNs">The longest measured one.</param>
/// <param name="Histogram">Pairs of duration in ns and how often it was seen, ascending.</param>
internal sealed record LoadResult(
    long Measured, long Total, double OpsPerSecond, double SumNs, long MaxNs, IReadOnlyList<long[]> Histogram);

/// <summary>
/// Workers that each start the next operation when the one before has completed. What an operation needs is prepared
/// before its clock starts. Operations that start after the end are not done; those under way are counted.
/// </summary>
internal sealed class ClosedLoop<TArgument>(
    int workers, TimeSpan warmup, TimeSpan window, Func<int, long, TArgument> prepare, Func<TArgument, Task> execute)
    : IDisposable
{
    // Recording is synchronous, so one histogram per thread needs no lock however the workers' continuations are
    // spread.
    private readonly ThreadLocal<LongHistogram> _histograms = new(LatencyHistogram.Create, trackAllValues: true);
    private long _start;
    private long _end;

    public async Task<LoadResult> RunAsync(CancellationToken cancellationToken)
    {
        _start = Stopwatch.GetTimestamp() + (long)(warmup.TotalSeconds * Stopwatch.Frequency);
        _end = _start + (long)(window.TotalSeconds * Stopwatch.Frequency);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, workers)
            .Select(worker => Task.Run(() => WorkAsync(worker, cancellationToken), cancellationToken)));
        var merged = LatencyHistogram.Create();
        foreach (var histogram in _histograms.Values)
        {
            merged.Add(histogram);
        }

        var measured = outcomes.Sum(outcome => outcome.Measured);
        var last = outcomes.Max(outcome => outcome.Last);
        return new LoadResult(
            measured,
            outcomes.Sum(outcome => outcome.Total),
            last > _start ? measured / Stopwatch.GetElapsedTime(_start, last).TotalSeconds : 0,
            outcomes.Sum(outcome => Stopwatch.GetElapsedTime(0, outcome.Sum).TotalNanoseconds),
            (long)Stopwatch.GetElapsedTime(0, outcomes.Max(outcome => outcome.Max)).TotalNanoseconds,
            LatencyHistogram.ToPairs(merged));
    }

    public void Dispose() => _histograms.Dispose();

    private async Task<Outcome> WorkAsync(int worker, CancellationToken cancellationToken)
    {
        var outcome = new Outcome { Last = _start };
        for (var sequence = 0L; !cancellationToken.IsCancellationRequested; sequence++)
        {
            var argument = prepare(worker, sequence);
            var before = Stopwatch.GetTimestamp();
            if (before >= _end)
            {
                break;
            }

            await execute(argument);
            var after = Stopwatch.GetTimestamp();
            outcome.Total++;
            if (before < _start)
            {
                continue;
            }

            outcome.Measured++;
            outcome.Sum += after - before;
            outcome.Max = Math.Max(outcome.Max, after - before);
            outcome.Last = after;
            LatencyHistogram.Record(_histograms.Value!, Stopwatch.GetElapsedTime(before, after));
        }

        return outcome;
    }

    // Durations in ticks of Stopwatch.
    private sealed class Outcome
    {
        public long Measured { get; set; }

        public long Total { get; set; }

        public long Sum { get; set; }

        public long Max { get; set; }

        public long Last { get; set; }
    }
}
