using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;
using MimGrains.Persistent;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: how many writes of persistent tables a second, and how long does a writer wait? Expect one writer to be
/// bound by the
/// round trips to the other silos (ram) or to the database (disc), and many writers by processor time, as they share
/// batches.
/// </summary>
internal sealed class PersistentWriteCase(
    string name, string summary, StorageType storage, PersistentWriteKind kind, int workers) : IBenchmarkCase
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        .. from storage in new[] { StorageType.Ram, StorageType.Disc }
           from kind in new[]
           {
               (Word: "dirty_write", Kind: PersistentWriteKind.Dirty),
               (Word: "sync_dirty_write", Kind: PersistentWriteKind.SyncDirty),
               (Word: "tx_write", Kind: PersistentWriteKind.Transaction),
               (Word: "sync_tx_write", Kind: PersistentWriteKind.SyncTransaction),
           }
           from workers in new[] { 1, 64 }
           select new PersistentWriteCase(
               $"mnesia_{kind.Word}_{(workers == 1 ? "seq" : "conc64")}_{(storage == StorageType.Ram ? "ram" : "disc")}",
               $"{workers} writer{(workers == 1 ? "" : "s")} on one silo, {kind.Kind} writes of new keys, {storage}",
               storage, kind.Kind, workers),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => false;

    public bool WarmUpRunNeeded => true;

    public ClusterSetup SetupOf(RunSettings settings) => PersistentChecks.SetupOf(settings);

    public async Task<JsonObject> RunAsync(BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        if (await PersistentChecks.CountAsync(cluster, storage, cancellationToken) > 0)
        {
            // What is there for reads.
            await PersistentChecks.ClearAsync(cluster, storage, cancellationToken);
        }

        await cluster.CollectAsync(cancellationToken);
        var load = await cluster.Silos[0].Client.CallAsync<LoadResult>(
            PersistentWriteOperation.OperationName,
            new PersistentWriteParameters(storage, kind, workers, settings.Warmup.TotalSeconds, settings.Window.TotalSeconds),
            settings.Warmup + settings.Window + Slack,
            cancellationToken: cancellationToken);
        var drained = await PersistentChecks.WaitForCountAsync(cluster, storage, load.Total, cancellationToken);
        await PersistentChecks.ClearAsync(cluster, storage, cancellationToken);
        var fields = LatencyFields.Of([load], workers);
        fields["drain_ms"] = drained;
        return fields;
    }
}
