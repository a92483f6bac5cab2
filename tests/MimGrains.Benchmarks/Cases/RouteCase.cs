using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;
using MimGrains.Configuration;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: how many messages a second does one silo bring to connections on another one? Expect a look-up and a message between
/// silos each: processor time of Orleans' messaging.
/// </summary>
internal sealed class RouteCase(string name, InternalDatabase sessions) : IBenchmarkCase
{
    private const int Workers = 64;
    private const int Sessions = 1_000;
    private const string Server = "session-route.example.com";

    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new RouteCase("session_route_conc64", InternalDatabase.Cets),
        new RouteCase("session_route_conc64_mnesia", InternalDatabase.Mnesia),
    ];

    public string Name => name;

    public string Summary => $"64 senders on one silo, RouteAsync of 100 bytes to 1,000 sessions of another silo ({sessions})";

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => false;

    public bool WarmUpRunNeeded => true;

    public ClusterSetup SetupOf(RunSettings settings) => PersistentChecks.SetupOf(settings, sessions);

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        var before = await cluster.CountAsync(cancellationToken);
        await cluster.Silos[^1].Client.CallAsync<long>(
            ConnectOperation.OperationName, new ConnectParameters(Server, Sessions), Slack, cancellationToken: cancellationToken);
        var result = await cluster.Silos[0].Client.CallAsync<LoadResult>(
            RouteOperation.OperationName,
            new RouteParameters(Server, Sessions, Workers, settings.Warmup.TotalSeconds, settings.Window.TotalSeconds),
            settings.Warmup + settings.Window + Slack,
            cancellationToken: cancellationToken);
        await cluster.ClearAsync(Server, cancellationToken);
        await cluster.WaitForCountAsync(before, cancellationToken);
        return LatencyFields.Of([result], Workers);
    }
}
