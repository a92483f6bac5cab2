using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: how many deletes of records that are there do all silos apply a second? Expect the figures of inserts: a delete
/// travels the same way.
/// </summary>
internal sealed class DeleteCase(string name, string summary, int workers, long records) : IBenchmarkCase
{
    private const int BatchRecords = 1_000;
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new DeleteCase("delete_seq", "One caller on one silo, DeleteAsync of records that are there", 1, 200_000),
        new DeleteCase("delete_conc64", "64 callers on one silo, DeleteAsync of records that are there", 64, 1_500_000),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => false;

    public bool WarmUpRunNeeded => true;

    // A name of their own: deletes never share keys with what is read.
    private string Server => $"{name.Replace('_', '-')}.example.com";

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        var before = await cluster.CountAsync(cancellationToken);
        var silo = cluster.Silos[0];
        await silo.Client.CallAsync<long>(
            LoadOperation.OperationName,
            new LoadParameters(Server, 0, records, BatchRecords),
            Slack,
            cancellationToken: cancellationToken);
        await cluster.WaitForCountAsync(before + records, cancellationToken);
        await cluster.CollectAsync(cancellationToken);
        var result = await silo.Client.CallAsync<LoadResult>(
            DeleteOperation.OperationName,
            new DeleteParameters(Server, workers, records, settings.Warmup.TotalSeconds, settings.Window.TotalSeconds),
            settings.Warmup + settings.Window + Slack,
            cancellationToken: cancellationToken);
        var drained = await cluster.WaitForCountAsync(before + records - result.Total, cancellationToken);
        await cluster.ClearAsync(Server, cancellationToken);
        await cluster.WaitForCountAsync(before, cancellationToken);
        var fields = LatencyFields.Of([result], workers);
        fields["drain_ms"] = drained;
        return fields;
    }
}
