using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: how many writes a second do all silos apply, and how long does a writer wait? Expect one writer to be
/// bound by the round trip to the slower of its peers, and many writers by processor time, as they share batches.
/// </summary>
internal sealed class InsertCase(
    string name, string summary, int workers, int batch, bool fromAllSilos) : IBenchmarkCase
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new InsertCase("insert_seq", "One writer on one silo, InsertAsync of new keys", 1, 1, false),
        new InsertCase("insert_conc64", "64 writers on one silo", 64, 1, false),
        new InsertCase("insert_conc512", "512 writers on one silo", 512, 1, false),
        new InsertCase("insert_3nodes_64each", "64 writers on each silo", 64, 1, true),
        new InsertCase(
            "insert_many_1000_seq", "One writer on one silo, InsertManyAsync of 1,000 new keys", 1, 1_000, false),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => false;

    public bool WarmUpRunNeeded => true;

    // A name of their own: writes never share keys with what is read.
    private string Server => $"{name.Replace('_', '-')}.example.com";

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        await cluster.CollectAsync(cancellationToken);
        var before = await cluster.CountAsync(cancellationToken);
        var writers = fromAllSilos ? cluster.Silos.Count : 1;
        var parts = await Task.WhenAll(
            cluster.Silos.Take(writers).Select((silo, part) => silo.Client.CallAsync<LoadResult>(
            InsertOperation.OperationName,
            new InsertParameters(
                Server, workers, batch, part, writers, settings.Warmup.TotalSeconds, settings.Window.TotalSeconds),
            settings.Warmup + settings.Window + Slack,
            cancellationToken: cancellationToken)));
        var written = parts.Sum(part => part.Total) * batch;
        var drained = await cluster.WaitForCountAsync(before + written, cancellationToken);
        await cluster.ClearAsync(Server, cancellationToken);
        await cluster.WaitForCountAsync(before, cancellationToken);
        var fields = LatencyFields.Of(parts, workers * writers);
        fields["drain_ms"] = drained;
        return fields;
    }
}
