using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;
using MimGrains.Persistent;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: what does a read of a persistent table cost? Expect dirty reads to cost what those of replicated tables
/// do, and a read in a
/// transaction a round trip to the fragment.
/// </summary>
internal sealed class PersistentReadCase(string name, string summary, PersistentReadKind kind, long records) : IBenchmarkCase
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new PersistentReadCase("mnesia_dirty_read_1m", "One reader, TryGet among 1,000,000 records", PersistentReadKind.Dirty, 1_000_000),
        new PersistentReadCase("mnesia_tx_read_1m", "One reader, ReadAsync in a transaction", PersistentReadKind.Transaction, 1_000_000),
        new PersistentReadCase("mnesia_index_read_1m", "One reader, Lookup of a user's five sessions", PersistentReadKind.Index, 1_000_000),
        new PersistentReadCase("mnesia_match_1m", "One reader, a range and a predicate: five sessions", PersistentReadKind.Match, 1_000_000),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => false;

    public bool WarmUpRunNeeded => false;

    public ClusterSetup SetupOf(RunSettings settings) => PersistentChecks.SetupOf(settings);

    public async Task<JsonObject> RunAsync(BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        await PersistentChecks.LoadAsync(cluster, StorageType.Ram, records, cancellationToken);
        var result = await cluster.Silos[0].Client.CallAsync<ReadResult>(
            PersistentReadOperation.OperationName,
            new PersistentReadParameters(
                StorageType.Ram, kind, PersistentChecks.Server, records, cluster.Silos[0].Address,
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
