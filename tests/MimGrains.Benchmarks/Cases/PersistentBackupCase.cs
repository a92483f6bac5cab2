using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;
using MimGrains.Persistent;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: how long does a backup of a table take, and to bring it back in one transaction? Expect the first to be bound by
/// writing the records as bytes on one processor, with locks held for a small part of it; the second by the copies of all silos.
/// </summary>
internal sealed class PersistentBackupCase(string name, string summary, long records) : IBenchmarkCase
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new PersistentBackupCase("mnesia_backup_1m", "A silo writes a backup of 1,000,000 records to a file and brings it back", 1_000_000),
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
        var result = await cluster.Silos[0].Client.CallAsync<BackupResult>(
            PersistentBackupOperation.OperationName, new StorageParameters(StorageType.Ram), Timeout, cancellationToken: cancellationToken);
        return result.Records == records
            ? new JsonObject { ["backup_ms"] = result.ElapsedMs, ["restore_ms"] = result.RestoreMs, ["bytes"] = result.SizeBytes, ["n"] = records }
            : throw new InvalidOperationException($"The backup has {result.Records} records, not {records}.");
    }
}
