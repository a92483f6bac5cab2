using System.Diagnostics;
using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: an empty silo joins a table of many records; how long does it take, and how long does any insert on the others wait
/// meanwhile? Expect time linear in the records, and no insert that waits for the join.
/// </summary>
internal sealed class JoinCase(string name, string summary, long records) : IBenchmarkCase
{
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new JoinCase("join_empty_node_100k", "An empty silo joins 100,000 records, one writer on each other silo", 100_000),
        new JoinCase("join_empty_node_1m", "An empty silo joins 1,000,000 records, one writer on each other silo", 1_000_000),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => records;

    public bool NeedsNewCluster => true;

    public bool WarmUpRunNeeded => false;

    // A name of their own: the writers never share keys with what is loaded.
    private string Server => $"{name.Replace('_', '-')}.example.com";

    // The one that joins is started when the others have the records.
    public ClusterSetup SetupOf(RunSettings settings) => new(Math.Max(1, settings.Silos - 1), 0, ClusterDiscovery.Sqlite);

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        var before = cluster.Silos.Count;
        List<Task<InsertWatchResult>> watches = [];
        foreach (var silo in cluster.Silos)
        {
            watches.Add(await WatchAsync(silo, watches.Count, cancellationToken));
        }

        await cluster.AddAsync(1, cancellationToken);
        var joined = cluster.Silos[before];
        await cluster.WaitForCountAsync(records + before, cancellationToken);
        foreach (var silo in cluster.Silos)
        {
            await silo.Client.Process.CloseInputAsync(cancellationToken);
        }

        var seen = await Task.WhenAll(watches);
        return new JsonObject
        {
            ["join_ms"] = Stopwatch.GetElapsedTime(joined.Ready.ActiveAt, joined.Ready.ReadyAt).TotalMilliseconds,
            ["max_insert_stall_ms"] = seen.Max(result => result.LongestMs),
            ["n"] = seen.Sum(result => result.Inserts),
        };
    }

    private async Task<Task<InsertWatchResult>> WatchAsync(BenchmarkSilo silo, int number, CancellationToken cancellationToken)
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watching = silo.Client.CallAsync<InsertWatchResult>(
            InsertWatchOperation.OperationName,
            new InsertWatchParameters(Server, number),
            Timeout,
            _ => ready.TrySetResult(),
            cancellationToken);
        await await Task.WhenAny(ready.Task, watching).WaitAsync(ReadyTimeout, cancellationToken);
        return watching;
    }
}
