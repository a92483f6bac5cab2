using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: what does a record cost in memory, indexes and all? Expect the same on every silo, whether it wrote the
/// record or received it. Before the first reading a small load that is deleted again has everything loaded and
/// compiled.
/// </summary>
internal sealed class MemoryCase(string name, string summary, long records) : IBenchmarkCase
{
    private const long WarmUpRecords = 30_000;

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new MemoryCase(
            "memory_1m", "Growth of a silo's memory by 1,000,000 records, after full collections", 1_000_000),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => true;

    public bool WarmUpRunNeeded => false;

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        await cluster.LoadAsync(WarmUpRecords, cancellationToken);
        await cluster.ClearAsync(SessionData.ReadServer, cancellationToken);
        await cluster.WaitForCountAsync(0, cancellationToken);
        var before = await cluster.CollectAsync(cancellationToken);
        var loadMs = await cluster.LoadAsync(records, cancellationToken);
        var after = await cluster.CollectAsync(cancellationToken);
        var rss = after.Zip(before, (now, then) => (double)(now.RssBytes - then.RssBytes) / records).ToList();
        var managed = after.Zip(
            before, (now, then) => (double)(now.ManagedBytes - then.ManagedBytes) / records).ToList();
        return new JsonObject
        {
            ["bytes_per_record_rss"] = rss[0],
            ["bytes_per_record_managed"] = managed[0],
            ["bytes_per_record_rss_all_silos"] = rss.Average(),
            ["bytes_per_record_managed_all_silos"] = managed.Average(),
            ["rss_before_bytes"] = before[0].RssBytes,
            ["load_ms"] = loadMs,
            ["n"] = records,
        };
    }
}
