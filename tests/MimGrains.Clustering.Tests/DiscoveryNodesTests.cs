using Microsoft.Extensions.Logging.Abstractions;
using MimGrains.Clustering.Rdbms;
using MimGrains.Configuration;
using MimGrains.TestSupport;
using Npgsql;

namespace MimGrains.Clustering.Tests;

public abstract class DiscoveryNodesTests(ITestDatabases databases) : IAsyncLifetime
{
    private protected RdbmsConnectionOptions Database { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await databases.CreateDatabaseAsync();
        var database = new RdbmsDatabase(Database);
        await new SchemaInstaller(database, SqlScript.Embedded(database.Folder), NullLogger.Instance)
            .ApplyAsync(CancellationToken.None);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Numbers_start_at_1_and_a_node_keeps_its_own()
    {
        Assert.Equal(1, (await SyncAsync("a")).Number);
        Assert.Equal(2, (await SyncAsync("b")).Number);
        Assert.Equal(3, (await SyncAsync("c")).Number);
        Assert.Equal(2, (await SyncAsync("b")).Number);
    }

    [Fact]
    public async Task Nodes_that_start_at_once_get_different_numbers_without_a_hole()
    {
        var found = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => SyncAsync($"node{i}"))));

        Assert.Equal(Enumerable.Range(1, 8), found.Select(one => one.Number).Order());
    }

    [Fact]
    public async Task A_node_that_starts_several_times_at_once_has_one_number()
    {
        var found = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SyncAsync("same"))));

        Assert.All(found, one => Assert.Equal(1, one.Number));
    }

    [Fact]
    public async Task All_nodes_are_returned_by_number_with_their_published_addresses()
    {
        await SyncAsync("b", address: "10.0.0.2");
        await SyncAsync("a", address: "10.0.0.1");

        var moved = (await SyncAsync("b", address: "10.0.0.9")).Nodes;
        var seen = (await SyncAsync("a", address: "10.0.0.1")).Nodes;

        DiscoveredNode[] expected = [new("b", 1, "10.0.0.9"), new("a", 2, "10.0.0.1")];
        Assert.Equal(expected, moved);
        Assert.Equal(expected, seen);
    }

    [Fact]
    public async Task Clusters_number_their_nodes_apart()
    {
        await SyncAsync("a", "c1");

        var (number, nodes, _) = await SyncAsync("b", "c2");

        Assert.Equal(1, number);
        Assert.Equal("b", Assert.Single(nodes).Name);
    }

    [Fact]
    public async Task A_node_that_changes_the_cluster_leaves_the_old_one()
    {
        await SyncAsync("a", "c1");
        await SyncAsync("b", "c1");

        Assert.Equal(1, (await SyncAsync("a", "c2")).Number);

        Assert.Equal("b", Assert.Single((await SyncAsync("b", "c1")).Nodes).Name);
        Assert.Equal(1, (await SyncAsync("c", "c1")).Number);
    }

    [Fact]
    public async Task A_node_silent_for_more_than_an_hour_is_forgotten_by_the_others_and_its_number_is_free()
    {
        await SyncAsync("silent");
        await SyncAsync("b");
        await AgeAsync("silent", DiscoveryNodes.ExpirySeconds + 5);

        var (number, nodes, expired) = await SyncAsync("b");

        Assert.Equal(2, number);
        Assert.Equal("b", Assert.Single(nodes).Name);
        Assert.Equal("silent", Assert.Single(expired));
        Assert.Equal(1, (await SyncAsync("c")).Number);
        Assert.Equal(3, (await SyncAsync("silent")).Number);
    }

    [Fact]
    public async Task A_node_silent_for_less_than_an_hour_stays()
    {
        await SyncAsync("silent");
        await AgeAsync("silent", DiscoveryNodes.ExpirySeconds - 60);

        var (number, nodes, expired) = await SyncAsync("b");

        Assert.Equal(2, number);
        Assert.Equal(2, nodes.Count);
        Assert.Empty(expired);
    }

    [Fact]
    public async Task A_node_does_not_forget_itself_and_says_again_that_it_is_there()
    {
        await SyncAsync("other");
        await SyncAsync("a");
        await AgeAsync("a", DiscoveryNodes.ExpirySeconds + 5);

        Assert.Equal(2, (await SyncAsync("a")).Number);

        Assert.Empty((await SyncAsync("other")).Expired);
    }

    [Fact]
    public async Task Silent_nodes_of_another_cluster_are_not_touched()
    {
        await SyncAsync("silent", "c1");
        await AgeAsync("silent", DiscoveryNodes.ExpirySeconds + 5);

        Assert.Empty((await SyncAsync("b", "c2")).Expired);

        Assert.Equal(1, (await SyncAsync("silent", "c1")).Number);
        Assert.Equal(2, (await SyncAsync("d", "c1")).Number);
    }

    private protected Task<(int Number, IReadOnlyList<DiscoveredNode> Nodes, IReadOnlyList<string> Expired)> SyncAsync(
        string node, string cluster = "c1", string address = "127.0.0.1") =>
        new DiscoveryNodes(new RdbmsDatabase(Database), ClusterNamespace.Of(cluster), node, address)
            .SyncAsync(CancellationToken.None);

    private protected async Task AgeAsync(string node, int seconds) => await databases.ExecuteAsync(
        Database,
        $"UPDATE discovery_nodes SET updated_timestamp = updated_timestamp - {seconds} WHERE node_name = '{node}'");
}

public sealed class PostgresDiscoveryNodesTests(PostgresServer databases)
    : DiscoveryNodesTests(databases), IClassFixture<PostgresServer>
{
    // Long enough that the test can close the circle before; the test's own transaction never looks for one.
    private const string DeadlockTimeout = "5s";

    private const string Waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

    private const string Deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";

    private readonly PostgresServer _server = databases;

    [Fact]
    public async Task A_node_that_falls_into_a_deadlock_tries_again()
    {
        await SyncAsync("a");
        await SyncAsync("silent");
        await AgeAsync("silent", DiscoveryNodes.ExpirySeconds + 5);
        await _server.ExecuteAsync(
            Database, $"ALTER DATABASE {Database.Database} SET deadlock_timeout = '{DeadlockTimeout}'");
        await using var connection = new NpgsqlConnection(new RdbmsDatabase(Database).ConnectionString);

        // The connections that were opened before have the old timeout.
        NpgsqlConnection.ClearPool(connection);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync("SET LOCAL deadlock_timeout = '1h'");
        await ExecuteAsync("UPDATE discovery_nodes SET address = 'x' WHERE node_name = 'silent'");

        // It has touched its own row, and waits for the row of the silent one, which it would forget.
        var syncing = SyncAsync("a");
        await UntilOneAsync(Waiting);
        await ExecuteAsync("UPDATE discovery_nodes SET address = 'y' WHERE node_name = 'a'");
        await transaction.CommitAsync();
        var (number, nodes, expired) = await syncing.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal((1, "a"), (number, Assert.Single(nodes).Name));
        Assert.Equal("silent", Assert.Single(expired));
        await UntilOneAsync(Deadlocks);

        async Task<object?> ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            return await command.ExecuteScalarAsync();
        }
    }

    private async Task UntilOneAsync(string sql)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((long)(await _server.ExecuteAsync(Database, sql))! != 1)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }
}

public sealed class SqliteDiscoveryNodesTests(SqliteFiles databases)
    : DiscoveryNodesTests(databases), IClassFixture<SqliteFiles>;
