using System.Diagnostics;
using MimGrains.Benchmarks.Harness;
using MimGrains.Benchmarks.Silo;
using MimGrains.Configuration;
using MimGrains.Persistent;

namespace MimGrains.Benchmarks.Cases;

/// <summary>Asks all silos what their copies of the persistent tables hold.</summary>
internal static class PersistentChecks
{
    /// <summary>The server of all sessions that are loaded.</summary>
    public const string Server = "example.com";

    private static readonly TimeSpan LoadTimeout = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(5);

    /// <summary>Returns the cluster that persistent tables are measured in.</summary>
    public static ClusterSetup SetupOf(RunSettings settings) => new(
        settings.Silos,
        0,
        settings.Postgres is null ? ClusterDiscovery.PersistentSqlite : ClusterDiscovery.PersistentPostgres,
        settings.Postgres);

    /// <summary>Returns the cluster that the session manager is measured in.</summary>
    public static ClusterSetup SetupOf(RunSettings settings, InternalDatabase sessions) => sessions == InternalDatabase.Cets
        ? new ClusterSetup(settings.Silos, 0, ClusterDiscovery.Sqlite)
        : SetupOf(settings) with { Sessions = sessions };

    /// <summary>Fills the table of sessions on every silo, unless it is.</summary>
    public static async Task LoadAsync(
        BenchmarkCluster cluster, StorageType storage, long records, CancellationToken cancellationToken)
    {
        if (await CountAsync(cluster, storage, cancellationToken) == records)
        {
            return;
        }

        await cluster.Silos[0].Client.CallAsync<long>(
            PersistentLoadOperation.OperationName,
            new PersistentLoadParameters(storage, Server, records),
            LoadTimeout,
            cancellationToken: cancellationToken);
        await WaitForCountAsync(cluster, storage, records, cancellationToken);
        await cluster.CollectAsync(cancellationToken);
    }

    /// <summary>Returns how many sessions the first silo holds.</summary>
    public static Task<long> CountAsync(BenchmarkCluster cluster, StorageType storage, CancellationToken cancellationToken) =>
        cluster.Silos[0].Client.CallAsync<long>(
            PersistentCountOperation.OperationName, new StorageParameters(storage), Patience, cancellationToken: cancellationToken);

    /// <summary>Waits until every silo holds so many sessions. Returns how many milliseconds that took.</summary>
    public static Task<double> WaitForCountAsync(
        BenchmarkCluster cluster, StorageType storage, long expected, CancellationToken cancellationToken) =>
        WaitAsync(cluster, PersistentCountOperation.OperationName, storage, expected, "sessions:", cancellationToken);

    /// <summary>Deletes all sessions, everywhere.</summary>
    public static async Task ClearAsync(BenchmarkCluster cluster, StorageType storage, CancellationToken cancellationToken)
    {
        await cluster.Silos[0].Client.CallAsync<long>(
            PersistentClearOperation.OperationName, new StorageParameters(storage), Patience, cancellationToken: cancellationToken);
        await WaitForCountAsync(cluster, storage, 0, cancellationToken);
    }

    /// <exception cref="InvalidOperationException">
    /// They do not within a minute: writes are lost, or there are too many.
    /// </exception>
    public static async Task<double> WaitAsync(
        BenchmarkCluster cluster, string operation, StorageType storage, long expected, string what, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var seen = await Task.WhenAll(cluster.Silos.Select(silo => silo.Client.CallAsync<long>(
                operation, new StorageParameters(storage), Patience, cancellationToken: cancellationToken)));
            if (seen.All(value => value == expected))
            {
                return watch.Elapsed.TotalMilliseconds;
            }

            if (watch.Elapsed > Patience)
            {
                throw new InvalidOperationException($"Expected {what} {expected} on every silo, but they have {string.Join(", ", seen)}.");
            }

            await Task.Delay(PollPeriod, cancellationToken);
        }
    }
}
