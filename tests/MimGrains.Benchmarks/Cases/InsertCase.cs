using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;
using MimGrains.Configuration;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: how many writes a second do all silos apply, and how long does a writer wait? Expect one writer to be
/// bound by the round trip to the slower of its peers, and many writers by processor time, as they share batches.
/// </summary>
internal sealed class InsertCase(
    string name, string summary, int workers, int batch, InsertFrom from, InsertKind kind = InsertKind.Plain,
    InternalDatabase sessions = InternalDatabase.Cets) : IBenchmarkCase
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new InsertCase("insert_seq", "One writer on one silo, InsertAsync of new keys", 1, 1, InsertFrom.FirstSilo),
        new InsertCase("insert_conc64", "64 writers on one silo", 64, 1, InsertFrom.FirstSilo),
        new InsertCase("insert_conc512", "512 writers on one silo", 512, 1, InsertFrom.FirstSilo),
        new InsertCase("insert_3nodes_64each", "64 writers on each silo", 64, 1, InsertFrom.AllSilos),
        new InsertCase(
            "insert_many_1000_seq", "One writer on one silo, InsertManyAsync of 1,000 new keys", 1, 1_000, InsertFrom.FirstSilo),
        new InsertCase(
            "session_open_conc64", "64 callers on one silo, ISessionManager.OpenAsync of new sessions", 64, 1, InsertFrom.FirstSilo,
            InsertKind.Session),
        new InsertCase(
            "session_open_conc64_mnesia", "The same, with the sessions in a persistent table", 64, 1, InsertFrom.FirstSilo,
            InsertKind.Session, InternalDatabase.Mnesia),
        .. LeaderCases(),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => 0;

    public bool NeedsNewCluster => false;

    public bool WarmUpRunNeeded => true;

    public ClusterSetup SetupOf(RunSettings settings) => PersistentChecks.SetupOf(settings, sessions);

    // A name of their own: writes never share keys with what is read.
    private string Server => $"{name.Replace('_', '-')}.example.com";

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        await cluster.CollectAsync(cancellationToken);
        var before = await cluster.CountAsync(cancellationToken);
        var silos = await WritersAsync(cluster, cancellationToken);
        var writers = silos.Count;
        var parts = await Task.WhenAll(
            silos.Select((silo, part) => silo.Client.CallAsync<LoadResult>(
            InsertOperation.OperationName,
            new InsertParameters(
                Server, workers, batch, kind, part, writers, settings.Warmup.TotalSeconds, settings.Window.TotalSeconds),
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

    private static IReadOnlyList<InsertCase> LeaderCases() =>
    [
        new("insert_new_seq_from_leader", "One caller on the leader, InsertNewAsync of new keys", 1, 1,
            InsertFrom.Leader, InsertKind.New),
        new("insert_new_seq_from_nonleader", "One caller on another silo than the leader, InsertNewAsync of new keys", 1, 1,
            InsertFrom.NonLeader, InsertKind.New),
        new("insert_new_conc64_from_nonleader", "64 callers on another silo than the leader, InsertNewAsync", 64, 1,
            InsertFrom.NonLeader, InsertKind.New),
        new("insert_new_3nodes_64each", "64 callers on each silo, InsertNewAsync", 64, 1, InsertFrom.AllSilos, InsertKind.New),
        new("insert_serial_conc64_from_nonleader", "64 callers on another silo than the leader, InsertSerialAsync", 64, 1,
            InsertFrom.NonLeader, InsertKind.Serial),
    ];

    private async Task<IReadOnlyList<BenchmarkSilo>> WritersAsync(BenchmarkCluster cluster, CancellationToken cancellationToken)
    {
        if (from is InsertFrom.FirstSilo or InsertFrom.AllSilos)
        {
            return [.. cluster.Silos.Take(from == InsertFrom.AllSilos ? cluster.Silos.Count : 1)];
        }

        var leader = await cluster.Silos[0].Client.CallAsync<string>(
            LeaderOperation.OperationName, new Nothing(), Slack, cancellationToken: cancellationToken);
        return [cluster.Silos.First(silo => silo.Address == leader == (from == InsertFrom.Leader))];
    }
}

/// <summary>Which silos the callers are on.</summary>
internal enum InsertFrom
{
    FirstSilo,
    AllSilos,
    Leader,
    NonLeader,
}
