using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MimGrains.Clustering.Rdbms;
using MimGrains.Configuration;
using MimGrains.TestSupport;
using Orleans;

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

        await ApplyAsync(options, [.. Scripts(options), Script(9_999, "more", "CREATE TABLE more (id integer)")]);

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
            .. Scripts(options),
            Script(9_998, "good", "CREATE TABLE good (id integer)"),
            Script(9_999, "bad", "CREATE TABLE bad (id integer); SELECT no_such_column FROM good"),
        ];

        var error = await Assert.ThrowsAsync<RdbmsException>(() => ApplyAsync(options, scripts));

        Assert.Contains("sql/x/9999_bad.sql", error.Message, StringComparison.Ordinal);
        scripts[^1] = Script(9_999, "bad", "CREATE TABLE bad (id integer)");
        await ApplyAsync(options, scripts);
        Assert.Equal(0, await CountAsync(options, "bad"));
    }

    [Fact]
    public async Task A_script_that_does_not_record_itself_is_refused()
    {
        var options = await Databases.CreateDatabaseAsync();
        var silent = new SqlScript(9_999, "x/9999_silent.sql", "CREATE TABLE silent (id integer)");

        var error = await Assert.ThrowsAsync<RdbmsException>(() => ApplyAsync(options, [.. Scripts(options), silent]));

        Assert.Contains("sql/x/9999_silent.sql", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scripts_that_were_run_by_hand_are_not_run_again()
    {
        var options = await Databases.CreateDatabaseAsync();
        var scripts = Scripts(options);
        await Databases.ExecuteAsync(options, scripts[0].Text);

        await ApplyAsync(options);

        Assert.Equal(scripts.Count, await CountAsync(options, "mimgrains_schema"));
        Assert.Equal(1, await CountAsync(options, "mimgrains_schema WHERE checksum IS NULL"));
        Assert.Equal(
            scripts[1].Checksum,
            await Databases.ExecuteAsync(options, "SELECT checksum FROM mimgrains_schema WHERE version = 2"));
    }

    private static SqlScript Script(int version, string name, string text) => new(
        version,
        $"x/{version}_{name}.sql",
        $"{text}; INSERT INTO mimgrains_schema (version, name) VALUES ({version}, '{version}_{name}')");

    private protected static Task ApplyAsync(RdbmsConnectionOptions options, IReadOnlyList<SqlScript>? scripts = null) =>
        new SchemaInstaller(new RdbmsDatabase(options), scripts ?? Scripts(options), NullLogger.Instance)
            .ApplyAsync(CancellationToken.None);

    private static IReadOnlyList<SqlScript> Scripts(RdbmsConnectionOptions options) =>
        SqlScript.Embedded(new RdbmsDatabase(options).Folder);

    private async Task<long> CountAsync(RdbmsConnectionOptions options, string table) => Convert.ToInt64(
        await Databases.ExecuteAsync(options, $"SELECT count(*) FROM {table}"), CultureInfo.InvariantCulture);
}

public sealed class SqliteSchemaInstallerTests(SqliteFiles databases)
    : SchemaInstallerTests(databases), IClassFixture<SqliteFiles>
{
    private readonly SqliteFiles _files = databases;

    [Fact]
    public async Task The_folders_of_the_file_are_made()
    {
        var options = await _files.CreateDatabaseAsync();
        options.File = Path.Combine(Path.GetDirectoryName(options.File)!, "deep", "er", "mim.db");

        await ApplyAsync(options);

        Assert.True(File.Exists(options.File));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_refused_by_name()
    {
        var options = await _files.CreateDatabaseAsync();
        await File.WriteAllTextAsync(options.File!, "");
        options.File = Path.Combine(options.File!, "mim.db");

        await AssertRefusedByNameAsync(options);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_by_name()
    {
        var options = await _files.CreateDatabaseAsync();
        await File.WriteAllTextAsync(options.File!, new string('x', 5_000));

        await AssertRefusedByNameAsync(options);
    }

    private static async Task AssertRefusedByNameAsync(RdbmsConnectionOptions options)
    {
        await using var services = RdbmsServices.OfSilo(options);

        var error = await Assert.ThrowsAsync<RdbmsException>(
            () => services.GetRequiredService<IMembershipTable>().InitializeMembershipTableAsync(true));

        Assert.Contains(options.File!, error.Message, StringComparison.Ordinal);
    }
}

public sealed class PostgresSchemaInstallerTests(PostgresServer databases)
    : SchemaInstallerTests(databases), IClassFixture<PostgresServer>
{
    private readonly PostgresServer _server = databases;

    [Fact]
    public async Task A_user_who_may_not_create_tables_is_told_which_script_and_what_to_do()
    {
        var user = await _server.CreateUserAsync(await _server.CreateDatabaseAsync(), "secret");

        var error = await Assert.ThrowsAsync<RdbmsException>(() => ApplyAsync(user));

        Assert.Contains("sql/postgresql/0001_membership.sql", error.Message, StringComparison.Ordinal);
        Assert.Contains("psql -1 -f", error.Message, StringComparison.Ordinal);
        Assert.Contains("GRANT CREATE ON SCHEMA public", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_with_rights_on_the_tables_only_works_once_the_owner_has_run_the_scripts_by_hand()
    {
        var owner = await _server.CreateDatabaseAsync();
        var user = await _server.CreateUserAsync(owner, "secret");
        foreach (var script in SqlScript.Embedded("postgresql"))
        {
            await _server.ExecuteAsync(owner, script.Text);
        }

        await using var services = RdbmsServices.OfSilo(user);
        var table = services.GetRequiredService<IMembershipTable>();
        var denied = await Assert.ThrowsAsync<RdbmsException>(() => table.InitializeMembershipTableAsync(true));
        Assert.Contains("GRANT SELECT, INSERT, UPDATE, DELETE", denied.Message, StringComparison.Ordinal);

        await _server.ExecuteAsync(
            owner, $"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user.Username}");
        await table.InitializeMembershipTableAsync(true);

        Assert.Equal(1, services.GetRequiredService<INodeRegistry>().NodeNumber);
        Assert.Empty((await table.ReadAllAsync()).Members);
    }

    [Fact]
    public async Task A_database_that_has_Orleans_membership_tables_of_another_application_is_refused()
    {
        var options = await _server.CreateDatabaseAsync();
        await _server.ExecuteAsync(options, "CREATE TABLE OrleansMembershipVersionTable (id integer)");

        var error = await Assert.ThrowsAsync<RdbmsException>(() => ApplyAsync(options));

        Assert.Contains("sql/postgresql/0001_membership.sql", error.Message, StringComparison.Ordinal);
        Assert.Contains("no other application", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_in_which_Orleans_keeps_queries_for_something_else_is_taken()
    {
        var options = await _server.CreateDatabaseAsync();
        await _server.ExecuteAsync(
            options, "CREATE TABLE OrleansQuery (QueryKey varchar(64) PRIMARY KEY, QueryText varchar(8000) NOT NULL)");

        await ApplyAsync(options);

        await using var services = RdbmsServices.OfSilo(options);
        await services.GetRequiredService<IMembershipTable>().InitializeMembershipTableAsync(true);
    }
}
