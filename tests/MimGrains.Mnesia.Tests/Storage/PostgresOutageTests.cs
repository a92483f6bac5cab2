using MimGrains.Configuration;
using MimGrains.Mnesia.Storage;
using MimGrains.TestSupport;

namespace MimGrains.Mnesia.Tests.Storage;

public sealed class PostgresOutageTests(PostgresServer databases) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task Appends_fail_in_time_while_the_database_is_away_and_go_on_without_a_restart()
    {
        var database = await databases.CreateDatabaseAsync();
        await using var relay = new TcpRelay(database.Host, database.Port);
        relay.Open();
        await using var storage = await SqlStorage.StartAsync(Through(database, relay.Port));
        await using var fragment = await Fragment.OpenAsync(storage.Rows);
        await fragment.WriteAsync("before=1");
        await fragment.Log.Background;

        await relay.CloseAsync();
        fragment.Options.WriteTimeout = TimeSpan.FromMilliseconds(300);
        var error = await Record.ExceptionAsync(() => fragment.WriteAsync("during=1"));
        Assert.True(error is LogUnavailableException or LogUnknownException, $"{error}");
        Assert.Contains("database is away", error.Message, StringComparison.Ordinal);
        Assert.Contains("accounts/2", error.Message, StringComparison.Ordinal);

        relay.Open();
        fragment.Options.WriteTimeout = TimeSpan.FromSeconds(30);
        await fragment.WriteAsync("during=1");
        await fragment.WriteAsync("after=1");

        await using var check = await Fragment.OpenAsync(storage.Rows);
        Assert.Equal(["before=1", "during=1", "after=1"], check.Replayed);
    }

    [Fact]
    public async Task An_append_that_waits_is_written_once_when_the_database_is_back()
    {
        var database = await databases.CreateDatabaseAsync();
        await using var relay = new TcpRelay(database.Host, database.Port);
        relay.Open();
        await using var storage = await SqlStorage.StartAsync(Through(database, relay.Port));
        await using var fragment = await Fragment.OpenAsync(storage.Rows);
        await fragment.Log.Background;
        await relay.CloseAsync();

        var append = fragment.WriteAsync("a=1");
        Assert.False(append.IsCompleted);
        relay.Open();
        await append;

        await using var check = await Fragment.OpenAsync(storage.Rows);
        Assert.Equal(["a=1"], check.Replayed);
    }

    [Fact]
    public async Task A_user_without_rights_is_told_so_at_once()
    {
        var owner = await databases.CreateDatabaseAsync();
        await using (var storage = await SqlStorage.StartAsync(owner))
        {
            await using var fragment = await Fragment.OpenAsync(storage.Rows);
        }

        var reader = await databases.CreateUserAsync(owner, "secret");
        await databases.ExecuteAsync(owner, $"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader.Username}");
        await using var readOnly = await SqlStorage.StartAsync(reader);
        await using var denied = Fragment.Of(readOnly.Rows);

        var error = await Assert.ThrowsAsync<LogUnavailableException>(denied.OpenAsync);

        Assert.Contains("has not the rights", error.Message, StringComparison.Ordinal);
        Assert.Contains("orleansstorage", error.Message, StringComparison.Ordinal);
    }

    private static RdbmsConnectionOptions Through(RdbmsConnectionOptions database, int port) => new()
    {
        Driver = RdbmsDriver.Pgsql,
        Host = "127.0.0.1",
        Port = port,
        Database = database.Database,
        Username = database.Username,
        Password = database.Password,
    };
}
