using Microsoft.Extensions.Logging.Abstractions;
using MimGrains.Clustering.Rdbms;
using MimGrains.TestSupport;

namespace MimGrains.Clustering.Tests;

public abstract class ClusterIdTableTests(ITestDatabases databases) : IAsyncLifetime
{
    private RdbmsDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = new RdbmsDatabase(await databases.CreateDatabaseAsync());
        await new SchemaInstaller(_database, SqlScript.Embedded(_database.Folder), NullLogger.Instance)
            .ApplyAsync(CancellationToken.None);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_first_id_of_a_cluster_is_kept()
    {
        var table = new ClusterIdTable(_database, "blue");
        Assert.Null(await table.ReadAsync(CancellationToken.None));
        Assert.Equal("a", await table.AddAsync("a", CancellationToken.None));
        Assert.Equal("a", await table.AddAsync("b", CancellationToken.None));
        Assert.Equal("a", await table.ReadAsync(CancellationToken.None));
        Assert.Null(await new ClusterIdTable(_database, "green").ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Of_those_that_are_offered_at_once_one_is_kept()
    {
        var kept = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(
            () => new ClusterIdTable(_database, "at once").AddAsync($"id{number}", CancellationToken.None))));
        Assert.Single(kept.Distinct());
    }
}

public sealed class PostgresClusterIdTableTests(PostgresServer server)
    : ClusterIdTableTests(server), IClassFixture<PostgresServer>;

public sealed class SqliteClusterIdTableTests(SqliteFiles databases)
    : ClusterIdTableTests(databases), IClassFixture<SqliteFiles>;
