using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: what does a local read cost, and does that stay so with more records? Expect a lookup to grow only with
/// cache misses, and a user's five sessions to cost about five lookups.
/// </summary>
internal sealed class ReadCase(string name, string summary, ReadKind kind, long records) : IBenchmarkCase
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new ReadCase(
            "read_lookup_1m", "One reader, TryGet of random keys among 1,000,000 records", ReadKind.Lookup, 1_000_000),
        new ReadCase(
            "read_prefix_match_1m",
            "One reader, Scan of a user's five sessions among 1,000,000 records",
            ReadKind.UserPrefix, 1_000_000),
        new ReadCase(
            "session_get_user_1m",
            "One reader, GetUserSessionsAsync of a user's five sessions among 1,000,000",
            ReadKind.UserSessions, 1_000_000),
        new ReadCase(
            "read_lookup_100k", "One reader, TryGet of random keys among 100,000 records", ReadKind.Lookup, 100_000),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => records;

    public bool NeedsNewCluster => false;

    public bool WarmUpRunNeeded => false;

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        var loaders = cluster.Silos.Select(silo => silo.Address).ToList();
        var result = await cluster.Silos[0].Client.CallAsync<ReadResult>(
            ReadOperation.OperationName,
            new ReadParameters(
                kind, SessionData.ReadServer, records, loaders,
                settings.Warmup.TotalSeconds, settings.Window.TotalSeconds),
            settings.Warmup + settings.Window + Slack,
            cancellationToken: cancellationToken);
        return new JsonObject
        {
            ["ops_per_s"] = result.Reads * 1e9 / result.ElapsedNs,
            ["ns_per_op"] = result.ElapsedNs / result.Reads,
            ["alloc_b_per_op"] = (double)result.AllocatedBytes / result.Reads,
            ["n"] = result.Reads,
            ["workers"] = 1,
        };
    }
}
