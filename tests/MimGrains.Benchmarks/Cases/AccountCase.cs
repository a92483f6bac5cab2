using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;
using MimGrains.Persistent;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: how many transactions a second that read and write the same few records? Expect them to be bound by how long a record's
/// lock is held. Afterwards the sum of all accounts must be right on every silo.
/// </summary>
internal sealed class AccountCase(
    string name, string summary, StorageType storage, bool isTransfer, int rows, int siloCount) : IBenchmarkCase
{
    private const int Workers = 64;
    private const long Balance = 1_000;
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new AccountCase("mnesia_tx_contended64_ram", "64 callers on one silo add to 10 accounts", StorageType.Ram, false, 10, 1),
        new AccountCase(
            "mnesia_transfer_conc64_ram", "64 callers on one silo move between 1,000 accounts", StorageType.Ram, true, 1_000, 1),
        new AccountCase(
            "mnesia_transfer_3nodes_64_ram", "64 callers on three silos move between them", StorageType.Ram, true, 1_000, 3),
        new AccountCase(
            "mnesia_transfer_conc64_disc", "64 callers on one silo move between them, on disc", StorageType.Disc, true, 1_000, 1),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => false;

    public bool WarmUpRunNeeded => true;

    public ClusterSetup SetupOf(RunSettings settings) => PersistentChecks.SetupOf(settings);

    public async Task<JsonObject> RunAsync(BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        await cluster.CollectAsync(cancellationToken);
        await cluster.Silos[0].Client.CallAsync<long>(
            OpenAccountsOperation.OperationName,
            new OpenAccountsParameters(storage, rows, Balance),
            Slack,
            cancellationToken: cancellationToken);
        var silos = cluster.Silos.Take(siloCount).ToList();
        var loads = await Task.WhenAll(silos.Select((silo, part) => silo.Client.CallAsync<LoadResult>(
            AccountOperation.OperationName,
            new AccountParameters(
                storage, rows, Balance, isTransfer, (Workers + part) / silos.Count,
                settings.Warmup.TotalSeconds, settings.Window.TotalSeconds),
            settings.Warmup + settings.Window + Slack,
            cancellationToken: cancellationToken)));
        var expected = (rows * Balance) + (isTransfer ? 0 : loads.Sum(load => load.Total));
        var drained = await PersistentChecks.WaitAsync(
            cluster, AccountSumOperation.OperationName, storage, expected, "a sum of all accounts of", cancellationToken);
        var fields = LatencyFields.Of(loads, Workers);
        fields["drain_ms"] = drained;
        return fields;
    }
}
