using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: how many changes a second does one watch see, and does it keep up with what another silo writes? Expect the rate of
/// the writers, nearly that of <c>insert_conc64</c>: a change costs the watch much less than the write.
/// </summary>
internal sealed class WatchCase : IBenchmarkCase
{
    private const int Writers = 64;
    private const string Server = "watch.example.com";
    private const string EndServer = "watch-end.example.com";
    private const double NsPerMs = 1e6;
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<IBenchmarkCase> All { get; } = [new WatchCase()];

    public string Name => "watch_throughput";

    public string Summary => "One WatchAsync on one silo, while 64 writers on another one insert new keys";

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => false;

    public bool WarmUpRunNeeded => true;

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        var before = await cluster.CountAsync(cancellationToken);
        var timeout = settings.Warmup + settings.Window + Slack;
        var isWatching = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watching = cluster.Silos[0].Client.CallAsync<WatchResult>(
            WatchOperation.OperationName, new WatchParameters(Server, EndServer), timeout,
            _ => isWatching.TrySetResult(), cancellationToken);
        await await Task.WhenAny(isWatching.Task, watching);
        var writer = cluster.Silos[^1].Client;
        var written = await writer.CallAsync<LoadResult>(
            InsertOperation.OperationName,
            new InsertParameters(
                Server, Writers, Batch: 1, InsertKind.Plain, Part: 0, Parts: 1,
                settings.Warmup.TotalSeconds, settings.Window.TotalSeconds),
            timeout,
            cancellationToken: cancellationToken);

        // Of the same silo, and so behind all of them.
        await writer.CallAsync<long>(
            LoadOperation.OperationName, new LoadParameters(EndServer, 0, 1, 1), Slack, cancellationToken: cancellationToken);
        var seen = await watching;
        if (seen.Changes != written.Total)
        {
            throw new InvalidOperationException($"{written.Total} records were inserted, but {seen.Changes} changes were seen.");
        }

        await cluster.ClearAsync(Server, cancellationToken);
        await cluster.ClearAsync(EndServer, cancellationToken);
        await cluster.WaitForCountAsync(before, cancellationToken);
        return new JsonObject
        {
            ["ops_per_s"] = seen.Changes * 1e9 / seen.ElapsedNs,
            ["writes_per_s"] = written.OpsPerSecond,
            ["longest_gap_ms"] = seen.LongestGapNs / NsPerMs,
            ["n"] = seen.Changes,
            ["workers"] = Writers,
        };
    }
}
