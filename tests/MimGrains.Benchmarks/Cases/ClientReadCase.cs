using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Client;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: what does a read cost that comes from outside of the cluster? Expect one round trip to the gateway silo, however
/// many keys are asked for, and then the encoding of what is answered.
/// </summary>
internal sealed class ClientReadCase(string name, string summary, int keys, int workers) : IBenchmarkCase
{
    private const int Records = 100_000;
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new ClientReadCase("client_get", "An Orleans client in its own process, one caller, GetAsync among 100,000 records", 1, 1),
        new ClientReadCase("client_get_conc64", "The same, 64 callers", 1, 64),
        new ClientReadCase(
            "client_get_many100", "An Orleans client in its own process, one caller, GetManyAsync of 100 among 100,000 records", 100, 1),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => Records;

    public bool NeedsNewCluster => false;

    public bool WarmUpRunNeeded => true;

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        var client = await cluster.ClientAsync(cancellationToken);
        var result = await client.CallAsync<LoadResult>(
            ClientReadOperation.OperationName,
            new ClientReadParameters(
                SessionData.ReadServer, Records, [.. cluster.Silos.Select(silo => silo.Address)], keys, workers,
                settings.Warmup.TotalSeconds, settings.Window.TotalSeconds),
            settings.Warmup + settings.Window + Slack,
            cancellationToken: cancellationToken);
        var fields = LatencyFields.Of([result], workers);
        fields["keys_per_s"] = result.OpsPerSecond * keys;
        return fields;
    }
}
