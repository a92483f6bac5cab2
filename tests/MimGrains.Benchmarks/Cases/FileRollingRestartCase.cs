using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: five nodes of a list are restarted one after the other, in good order; how long does any insert on any silo wait?
/// Expect no wait for a quorum: four of five are there at any moment. Every insert must be acknowledged.
/// </summary>
internal sealed class FileRollingRestartCase : IBenchmarkCase
{
    private const int Silos = 5;
    private const string Server = "rolling.example.com";
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    public static IReadOnlyList<IBenchmarkCase> All { get; } = [new FileRollingRestartCase()];

    public string Name => "file_rolling_restart_5";

    public string Summary => "Node list: five silos restarted one after the other, one writer on each";

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => true;

    public bool WarmUpRunNeeded => false;

    public ClusterSetup SetupOf(RunSettings settings) => new(Silos, Silos, ClusterDiscovery.NodeList);

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        var watches = new List<Task<InsertWatchResult>>();
        for (var silo = 0; silo < Silos; silo++)
        {
            watches.Add(await WatchAsync(cluster.Silos[silo], watches.Count, cancellationToken));
        }

        for (var silo = 0; silo < Silos; silo++)
        {
            // Its writer ends with its input, before the silo does.
            await cluster.RestartAsync(silo, cancellationToken);
            watches.Add(await WatchAsync(cluster.Silos[silo], watches.Count, cancellationToken));
        }

        foreach (var silo in cluster.Silos)
        {
            await silo.Client.Process.CloseInputAsync(cancellationToken);
        }

        var results = await Task.WhenAll(watches);
        return new JsonObject
        {
            ["max_insert_stall_ms"] = results.Max(result => result.LongestMs),
            ["n"] = results.Sum(result => result.Inserts),
        };
    }

    private static async Task<Task<InsertWatchResult>> WatchAsync(
        BenchmarkSilo silo, int number, CancellationToken cancellationToken)
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
