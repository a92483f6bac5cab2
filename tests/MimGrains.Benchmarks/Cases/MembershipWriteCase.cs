using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: what does one change of the membership table cost three listed nodes, over gRPC and with every promise on the disk?
/// Expect two round trips when another silo has written last, one when the same silo has, each with an fsync on either side.
/// </summary>
internal sealed class MembershipWriteCase : IBenchmarkCase
{
    private const int Turns = 100;
    private const int WritesInARow = 100;
    private const int WarmUpTurns = 30;
    private const double MedianPercent = 50;
    private const double HighPercent = 99;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<IBenchmarkCase> All { get; } = [new MembershipWriteCase()];

    public string Name => "membership_write";

    public string Summary => "Node list: a silo rewrites its row of the membership table, each time another silo";

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => false;

    public bool WarmUpRunNeeded => false;

    public ClusterSetup SetupOf(RunSettings settings) => new(settings.Silos, settings.Silos, ClusterDiscovery.NodeList);

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        await InTurnsAsync(cluster, WarmUpTurns, cancellationToken);
        var inTurns = await InTurnsAsync(cluster, Turns * cluster.Silos.Count, cancellationToken);
        var inARow = await WriteAsync(cluster.Silos[0], WritesInARow, cancellationToken);
        return new JsonObject
        {
            ["p50_us"] = Percentile(inTurns, MedianPercent),
            ["p99_us"] = Percentile(inTurns, HighPercent),
            ["p50_in_a_row_us"] = Percentile(inARow, MedianPercent),
            ["n"] = inTurns.Count,
        };
    }

    private static async Task<List<double>> InTurnsAsync(
        BenchmarkCluster cluster, int turns, CancellationToken cancellationToken)
    {
        List<double> us = [];
        for (var turn = 0; turn < turns; turn++)
        {
            us.AddRange(await WriteAsync(cluster.Silos[turn % cluster.Silos.Count], 1, cancellationToken));
        }

        return us;
    }

    private static Task<double[]> WriteAsync(BenchmarkSilo silo, int writes, CancellationToken cancellationToken) =>
        silo.Client.CallAsync<double[]>(
            MembershipWriteOperation.OperationName, new MembershipWriteParameters(writes), Timeout,
            cancellationToken: cancellationToken);

    private static double Percentile(IReadOnlyCollection<double> us, double percent) =>
        us.Order().ElementAt((int)(percent / 100 * (us.Count - 1)));
}
