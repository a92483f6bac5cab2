using System.Diagnostics;
using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;
using MimGrains.Persistent;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: how long does a silo need to load a table on disc when all silos were stopped? Expect it to be bound by reading the
/// records on all processors but one, and by indexing them on that one; a quarter of the time is the runtime compiling the code.
/// </summary>
internal sealed class PersistentLoadCase(string name, string summary, long records) : IBenchmarkCase
{
    private const string Server = "example.com";
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromMinutes(10);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new PersistentLoadCase("mnesia_load_1m_disc", "A silo starts alone and loads 1,000,000 records from the database", 1_000_000),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => true;

    public bool WarmUpRunNeeded => false;

    public ClusterSetup SetupOf(RunSettings settings) => PersistentChecks.SetupOf(settings);

    public async Task<JsonObject> RunAsync(BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await cluster.Silos[0].Client.CallAsync<long>(
            PersistentLoadOperation.OperationName,
            new PersistentLoadParameters(StorageType.Disc, Server, records),
            WriteTimeout,
            cancellationToken: cancellationToken);
        await PersistentChecks.WaitForCountAsync(cluster, StorageType.Disc, records, cancellationToken);
        var fillMs = watch.Elapsed.TotalMilliseconds;
        await cluster.RestartAloneAsync(cancellationToken);
        await PersistentChecks.WaitForCountAsync(cluster, StorageType.Disc, records, cancellationToken);
        var ready = cluster.Silos[0].Ready;
        return new JsonObject
        {
            ["load_ms"] = Stopwatch.GetElapsedTime(ready.ActiveAt, ready.ReadyAt).TotalMilliseconds,
            ["gc_pause_ms"] = ready.GcPauseMs,
            ["alloc_b_per_record"] = (double)ready.AllocatedBytes / records,
            ["fill_ms"] = fillMs,
            ["n"] = records,
        };
    }
}
