using System.Diagnostics;
using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: how long from the start of processes until their silos are active, and until they have their tables, when a node
/// list is all that they share? Expect little more than the processes need to load and compile: a few round trips to agree.
/// </summary>
internal sealed class FileStartCase(string name, string summary, int before, int added, string field) : IBenchmarkCase
{
    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new FileStartCase("file_cold_start_3", "Node list: three processes started together", 0, 3, "all_active_ms"),
        new FileStartCase("file_add_node", "Node list: a fourth node listed and started", 3, 1, "active_ms"),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => true;

    public bool WarmUpRunNeeded => false;

    // Who founds a cluster must not see another list: the cold ones are listed before.
    public ClusterSetup SetupOf(RunSettings settings) =>
        new(before, before == 0 ? added : before, ClusterDiscovery.NodeList);

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        var startedAt = Stopwatch.GetTimestamp();
        cluster.List(before + added);
        await cluster.AddAsync(added, cancellationToken);
        var silos = cluster.Silos.Skip(before).ToList();
        return new JsonObject
        {
            [field] = silos.Max(silo => Ms(startedAt, silo.Ready.ActiveAt)),
            ["first_active_ms"] = silos.Min(silo => Ms(startedAt, silo.Ready.ActiveAt)),
            ["ready_ms"] = silos.Max(silo => Ms(startedAt, silo.Ready.ReadyAt)),
            ["n"] = added,
        };
    }

    private static double Ms(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
}
