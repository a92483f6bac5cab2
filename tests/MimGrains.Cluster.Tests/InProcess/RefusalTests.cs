using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MimGrains.Configuration;
using MimGrains.Hosting;
using MimGrains.TestSupport;
using MimGrains.Tables;
using Orleans.Hosting;
using Orleans.Runtime;

namespace MimGrains.Cluster.Tests.InProcess;

/// <summary>Who does not belong to a cluster is told why.</summary>
public abstract class RefusalTests(ITestDatabases databases, string displayStart) : IAsyncLifetime
{
    private RdbmsConnectionOptions _database = null!;

    public async Task InitializeAsync() => _database = await databases.CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_client_of_another_cluster_name_is_told_the_name_and_the_database()
    {
        await using var cluster = await MimCluster.StartAsync(_database, 1, "red");
        using var client = ClientOf("blue", builder => builder.UseConnectionRetryFilter((_, _) => Task.FromResult(false)));

        var error = await Assert.ThrowsAsync<SiloUnavailableException>(() => client.StartAsync().WaitAsync(Eventually.Patience));

        AssertNamesClusterAndDatabase(error.Message);
    }

    [Fact]
    public async Task A_client_that_waits_for_its_cluster_says_so_and_goes_on_when_it_comes()
    {
        await using var other = await MimCluster.StartAsync(_database, 1, "red");
        var log = new FirstWarning();
        using var client = ClientOf("blue", builder => builder.Services.AddLogging(logging => logging.AddProvider(log)));
        var starting = client.StartAsync();

        AssertNamesClusterAndDatabase(await log.Message.WaitAsync(Eventually.Patience));
        Assert.False(starting.IsCompleted);

        await using var cluster = await MimCluster.StartAsync(_database, 1, "blue");
        await starting.WaitAsync(Eventually.Patience);
        await client.StopAsync();
    }

    [Fact]
    public async Task A_table_defined_differently_is_refused_with_both_silos_and_definitions()
    {
        await using var cluster = await MimCluster.StartAsync(_database, 2, extraTable: NodeDownRule.RemoveOwned);
        await MimCluster.RoomsOf(cluster.Silos[0]).InsertAsync("lobby", "open");

        var error = await Assert.ThrowsAnyAsync<Exception>(() => cluster.AddSiloAsync(NodeDownRule.Keep));

        var mismatch = Assert.Single(Causes(error).OfType<TableDefinitionMismatchException>().Take(1));
        Assert.Equal("rooms", mismatch.Table);
        Assert.Contains(
            "has rooms(System.String -> System.String, node-down Keep, owner writer)", mismatch.Message, StringComparison.Ordinal);
        Assert.Contains(
            cluster.Silos,
            silo => mismatch.Message.Contains(
                $"{silo.SiloAddress.ToParsableString()} has rooms(System.String -> System.String, node-down RemoveOwned, owner writer)",
                StringComparison.Ordinal));
        await AssertOthersGoOnAsync(cluster);
    }

    private void AssertNamesClusterAndDatabase(string message)
    {
        Assert.StartsWith("No silo of cluster blue (blue-1.0) is active in " + displayStart, message, StringComparison.Ordinal);
        Assert.Contains(_database.File ?? _database.Database!, message, StringComparison.Ordinal);
        Assert.Contains("internal_databases.cets.cluster_name", message, StringComparison.Ordinal);
    }

    private static async Task AssertOthersGoOnAsync(MimCluster cluster)
    {
        var members = cluster.Silos.Select(silo => silo.SiloAddress).ToHashSet();
        Assert.Equal(2, members.Count);
        foreach (var silo in cluster.Silos)
        {
            await Eventually.HoldsAsync<IReadOnlySet<SiloAddress>>(
                () => new(MimCluster.ActiveSilosOf(silo)), members.SetEquals, "the refused silo to leave");
        }

        await MimCluster.RoomsOf(cluster.Silos[1]).InsertAsync("attic", "closed");
        Assert.All(cluster.Silos, silo => Assert.Equal(2, MimCluster.RoomsOf(silo).Count));
    }

    private static IEnumerable<Exception> Causes(Exception error)
    {
        yield return error;
        var inner = error is AggregateException aggregate
            ? aggregate.InnerExceptions
            : (IReadOnlyList<Exception>)(error.InnerException is { } one ? [one] : []);
        foreach (var cause in inner.SelectMany(Causes))
        {
            yield return cause;
        }
    }

    private IHost ClientOf(string clusterName, Action<IClientBuilder> configure)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client =>
        {
            client.UseMimGrains(options => MimCluster.Set(options, _database, clusterName));
            configure(client);
        });
        return builder.Build();
    }

    /// <summary>The first warning that anybody logs.</summary>
    private sealed class FirstWarning : ILoggerProvider, ILogger
    {
        private readonly TaskCompletionSource<string> _message = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Message => _message.Task;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                _message.TrySetResult(formatter(state, exception));
            }
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}

public sealed class PostgresRefusalTests(PostgresServer databases)
    : RefusalTests(databases, "PostgreSQL "), IClassFixture<PostgresServer>;

public sealed class SqliteRefusalTests(SqliteFiles databases)
    : RefusalTests(databases, "SQLite file "), IClassFixture<SqliteFiles>;
