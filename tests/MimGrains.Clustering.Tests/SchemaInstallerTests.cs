using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MimGrains.Clustering.Rdbms;
using MimGrains.Configuration;
using MimGrains.TestSupport;

namespace MimGrains.Clustering.Tests;

public abstract class SchemaInstallerTests(ITestDatabases databases)
{
    private ITestDatabases Databases { get; } = databases;

    [Fact]
    public async Task Installs_that_start_at_once_on_an_empty_database_all_succeed_and_apply_each_script_once()
    {
        var options = await Databases.CreateDatabaseAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => ApplyAsync(options))));

        Assert.Equal(Scripts(options).Count, await CountAsync(options, "mimgrains_schema"));
        Assert.Equal(0, await CountAsync(options, "discovery_nodes"));
        Assert.Equal(0, await CountAsync(options, "OrleansMembershipTable"));
    }

    [Fact]
    public async Task A_later_script_is_applied_to_a_database_that_has_the_earlier_ones()
    {
        var options = await Databases.CreateDatabaseAsync();
        await ApplyAsync(options);

        await ApplyAsync(options, [.. Scripts(options), new SqlScript(9_999, "x/9999_more.sql", "CREATE TABLE more (id integer)")]);

        Assert.Equal(0, await CountAsync(options, "more"));
        Assert.Equal(Scripts(options).Count + 1, await CountAsync(options, "mimgrains_schema"));
    }

    [Fact]
    public async Task A_script_that_was_changed_after_it_was_applied_is_refused_by_name()
    {
        var options = await Databases.CreateDatabaseAsync();
        await ApplyAsync(options);
        var changed = Scripts(options).Select(script => script with { }).ToList();
        changed[1] = new SqlScript(changed[1].Version, changed[1].Name, changed[1].Text + "\n-- Changed.");

        var error = await Assert.ThrowsAsync<RdbmsException>(() => ApplyAsync(options, changed));

        Assert.Contains("0002_discovery_nodes.sql", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("0001_", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_that_fails_leaves_nothing_behind()
    {
        var options = await Databases.CreateDatabaseAsync();
        List<SqlScript> scripts =
        [
            new(1, "x/0001_good.sql", "CREATE TABLE good (id integer)"),
            new(2, "x/0002_bad.sql", "CREATE TABLE bad (id integer); SELECT no_such_column FROM good"),
        ];
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => ApplyAsync(options, scripts));

        scripts[1] = new SqlScript(2, "x/0002_bad.sql", "CREATE TABLE bad (id integer)");
        await ApplyAsync(options, scripts);

        Assert.Equal(0, await CountAsync(options, "bad"));
    }

    private protected static Task ApplyAsync(RdbmsConnectionOptions options, IReadOnlyList<SqlScript>? scripts = null) =>
        new SchemaInstaller(new RdbmsDatabase(options), scripts ?? Scripts(options), NullLogger.Instance)
            .ApplyAsync(CancellationToken.None);

    private static IReadOnlyList<SqlScript> Scripts(RdbmsConnectionOptions options) =>
        SqlScript.Embedded(new RdbmsDatabase(options).Folder);

    private async Task<long> CountAsync(RdbmsConnectionOptions options, string table) => Convert.ToInt64(
        await Databases.ExecuteAsync(options, $"SELECT count(*) FROM {table}"), CultureInfo.InvariantCulture);
}

public sealed class SqliteSchemaInstallerTests(SqliteFiles databases)
    : SchemaInstallerTests(databases), IClassFixture<SqliteFiles>;

public sealed class PostgresSchemaInstallerTests(PostgresServer databases)
    : SchemaInstallerTests(databases), IClassFixture<PostgresServer>
{
    private readonly PostgresServer _server = databases;

    [Fact]
    public async Task A_user_who_may_not_create_tables_is_told_which_script_and_what_to_do()
    {
        var user = await _server.CreateUserAsync(await _server.CreateDatabaseAsync(), "secret");

        var error = await Assert.ThrowsAsync<RdbmsException>(() => ApplyAsync(user));

        Assert.Contains("mimgrains_schema", error.Message, StringComparison.Ordinal);
        Assert.Contains("sql/postgresql", error.Message, StringComparison.Ordinal);
        Assert.Contains("grant this user CREATE", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_may_not_create_tables_needs_no_right_once_they_are_there()
    {
        var owner = await _server.CreateDatabaseAsync();
        var user = await _server.CreateUserAsync(owner, "secret");
        await ApplyAsync(owner);
        await _server.ExecuteAsync(owner, $"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user.Username}");

        await using var services = RdbmsServices.OfSilo(user);
        var registry = services.GetRequiredService<NodeRegistry>();
        await registry.StartAsync(CancellationToken.None);

        Assert.Equal(1, registry.NodeNumber);
    }
}
