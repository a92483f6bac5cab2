using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;
using MimGrains.Configuration;

namespace MimGrains.Benchmarks.Cases;

/// <summary>
/// Question: what does a local read cost, and does that stay so with more records? Expect a lookup to grow only with
/// cache misses, and a user's five sessions to cost about five lookups. Writers cost it processor time and cache, no waiting: a
/// read takes no lock.
/// </summary>
internal sealed class ReadCase(
    string name, string summary, ReadKind kind, long records, int writers = 0, InternalDatabase sessions = InternalDatabase.Cets)
    : IBenchmarkCase
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    // The reader makes its keys first: the writers must not end before it.
    private static readonly TimeSpan KeysTime = TimeSpan.FromSeconds(5);

    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        new ReadCase(
            "read_lookup_1m", "One reader, TryGet of random keys among 1,000,000 records", ReadKind.Lookup, 1_000_000),
        new ReadCase(
            "read_prefix_match_1m",
            "One reader, Scan of a user's five sessions among 1,000,000 records",
            ReadKind.UserPrefix, 1_000_000),
        new ReadCase(
            "session_get_user_1m",
            "One reader, GetUserSessionsAsync of a user's five sessions among 1,000,000",
            ReadKind.UserSessions, 1_000_000),
        new ReadCase(
            "session_get_user_1m_mnesia",
            "The same, with the sessions in a persistent table",
            ReadKind.UserSessions, 1_000_000, sessions: InternalDatabase.Mnesia),
        new ReadCase(
            "read_lookup_1m_while_64_writers",
            "One reader, TryGet of random keys among 1,000,000 records, while 64 writers on another silo insert new ones",
            ReadKind.Lookup, 1_000_000, writers: 64),
        new ReadCase(
            "read_lookup_100k", "One reader, TryGet of random keys among 100,000 records", ReadKind.Lookup, 100_000),
    ];

    public string Name => name;

    public string Summary => summary;

    public long LoadedRecords => records;

    public bool NeedsNewCluster => false;

    public bool WarmUpRunNeeded => writers > 0;

    public ClusterSetup SetupOf(RunSettings settings) => PersistentChecks.SetupOf(settings, sessions);

    // A name of their own: the writers never share keys with what is read.
    private string WrittenServer => $"{name.Replace('_', '-')}.example.com";

    public async Task<JsonObject> RunAsync(
        BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken)
    {
        var before = await cluster.CountAsync(cancellationToken);
        var writing = writers == 0 ? null : WriteAsync(cluster, settings, cancellationToken);
        var loaders = cluster.Silos.Select(silo => silo.Address).ToList();
        var result = await cluster.Silos[0].Client.CallAsync<ReadResult>(
            ReadOperation.OperationName,
            new ReadParameters(
                kind, SessionData.ReadServer, records, loaders,
                settings.Warmup.TotalSeconds, settings.Window.TotalSeconds),
            settings.Warmup + settings.Window + Slack,
            cancellationToken: cancellationToken);
        var fields = new JsonObject
        {
            ["ops_per_s"] = result.Reads * 1e9 / result.ElapsedNs,
            ["ns_per_op"] = result.ElapsedNs / result.Reads,
            ["alloc_b_per_op"] = (double)result.AllocatedBytes / result.Reads,
            ["n"] = result.Reads,
            ["workers"] = 1,
        };
        if (writing is not null)
        {
            fields["writes_per_s"] = await EndWritingAsync(cluster, writing, before, cancellationToken);
        }

        return fields;
    }

    private Task<LoadResult> WriteAsync(BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken) =>
        cluster.Silos[^1].Client.CallAsync<LoadResult>(
            InsertOperation.OperationName,
            new InsertParameters(
                WrittenServer, writers, Batch: 1, InsertKind.Plain, Part: 0, Parts: 1,
                settings.Warmup.TotalSeconds, (settings.Window + KeysTime).TotalSeconds),
            settings.Warmup + settings.Window + KeysTime + Slack,
            cancellationToken: cancellationToken);

    private async Task<double> EndWritingAsync(
        BenchmarkCluster cluster, Task<LoadResult> writing, long before, CancellationToken cancellationToken)
    {
        if (writing.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException($"The writers ended before the reader, which took over {KeysTime} to make its keys.");
        }

        var written = await writing;
        await cluster.WaitForCountAsync(before + written.Total, cancellationToken);
        await cluster.ClearAsync(WrittenServer, cancellationToken);
        await cluster.WaitForCountAsync(before, cancellationToken);
        return written.OpsPerSecond;
    }
}
