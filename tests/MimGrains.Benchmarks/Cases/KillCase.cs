using System.Diagnostics;
using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: a silo is killed with -9; how soon do the others know, write again, and have none of its records left? Expect a
/// few connections and writes of the membership table until they know; writers are free right after, before the records, which
/// go in time linear in their number, while no insert waits long for the lock.
/// </summary>
internal sealed class KillCase(string name, string summary, long records, ClusterDiscovery discovery) : IBenchmarkCase
{
    private const double SecondsAfter = 1;
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new KillCase(
            "kill9_1m", "One silo of three killed with -9 at 1,000,000 records, one writer on each other silo", 1_000_000,
            ClusterDiscovery.Sqlite),
        new KillCase(
            "file_kill9_evict", "Node list: one silo of three killed with -9, one writer on each other silo", 0,
            ClusterDiscovery.NodeList),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => records;

    public bool NeedsNewCluster => true;

    public bool WarmUpRunNeeded => false;

    public ClusterSetup SetupOf(RunSettings settings) => new(settings.Silos, settings.Silos, discovery);

    // A name of their own: the writers never share keys with what is loaded.
    private string Server => $"{name.Replace('_', '-')}.example.com";

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        var victim = cluster.Silos.Count - 1;
        if (victim == 0)
        {
            throw new InvalidOperationException($"{name} needs two silos at least.");
        }

        var survivors = cluster.Silos.Take(victim).ToList();
        var lost = records - SessionData.FirstOf(victim, records, cluster.Silos.Count);
        var ready = survivors.Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToList();
        var watching = survivors.Select((silo, i) => silo.Client.CallAsync<KillWatchResult>(
            KillWatchOperation.OperationName,
            new KillWatchParameters(
                cluster.Silos[victim].Address, Server, i, records - lost + survivors.Count, SecondsAfter),
            Timeout,
            said => ready[i].TrySetResult(),
            cancellationToken)).ToList();
        await Task.WhenAll(ready.Select(silo => silo.Task)).WaitAsync(ReadyTimeout, cancellationToken);
        var killedAt = Stopwatch.GetTimestamp();
        cluster.Kill(victim);
        var seen = await Task.WhenAll(watching);

        // The insert that waited for the dead silo: it ends after the detection that frees it.
        var waited = seen.Select(silo => silo.Longest.FirstOrDefault(insert => insert.From < silo.DetectedAt && insert.To > silo.DetectedAt)
            ?? new InsertSpan(silo.DetectedAt, silo.DetectedAt)).ToList();
        return new JsonObject
        {
            [discovery == ClusterDiscovery.NodeList ? "evicted_ms" : "detected_ms"] = seen.Max(silo => Ms(killedAt, silo.DetectedAt)),
            ["writers_free_ms"] = waited.Max(insert => Ms(killedAt, insert.To)),
            ["records_gone_ms"] = seen.Max(silo => Ms(killedAt, silo.RecordsGoneAt)),
            ["max_insert_stall_ms"] = seen.Max(silo => Longest(silo, from: killedAt - Stopwatch.Frequency)),
            ["max_insert_stall_after_ms"] = seen.Zip(waited, (silo, insert) => Longest(silo, insert.To)).Max(),
            ["records_lost"] = lost,
            ["n"] = seen.Sum(silo => silo.Inserts),
        };
    }

    private static double Longest(KillWatchResult silo, long from) => silo.Longest
        .Where(insert => insert.From >= from)
        .Select(insert => Ms(insert.From, insert.To))
        .DefaultIfEmpty()
        .Max();

    private static double Ms(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
}
