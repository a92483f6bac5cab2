using System.Text.Json;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;

namespace MimGrains.Cli.Tests;

/// <summary>Every command against a silo process.</summary>
public sealed class CommandTests(SiloFixture silo) : IClassFixture<SiloFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Status_says_that_all_is_well()
    {
        var (code, output) = await silo.RunAsync("status");
        Assert.True(code == ExitCode.Done, output);
        Assert.Contains("mim1@localhost", output, StringComparison.Ordinal);
        Assert.Contains("All is well.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task System_info_has_the_twelve_fields_of_mongooseim()
    {
        var (code, output) = await silo.RunAsync("cets", "system-info", "--json");
        Assert.True(code == ExitCode.Done, output);
        var info = JsonDocument.Parse(output).RootElement;
        Assert.Equal(
            [
                "availableNodes", "conflictNodes", "conflictTables", "discoveredNodes", "discoveryWorks", "joinedNodes",
                "remoteMissingTables", "remoteNodesWithMissingTables", "remoteNodesWithUnknownTables", "remoteNodesWithoutDisco",
                "remoteUnknownTables", "unavailableNodes",
            ],
            info.EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal));
        Assert.Equal("mim1@localhost", Assert.Single(info.GetProperty("joinedNodes").EnumerateArray()).GetString());
        Assert.True(info.GetProperty("discoveryWorks").GetBoolean());
    }

    [Fact]
    public async Task Sessions_are_counted_listed_shown_and_kicked()
    {
        var connection = new KickedConnection();
        var record = new SessionRecord { Priority = 5 }.WithConnection(silo.Grains.CreateObjectReference<ISessionConnection>(connection));
        var one = await silo.Sessions.OpenAsync("kick.example.com", "anna", "phone", record);
        await silo.Sessions.OpenAsync("kick.example.com", "anna", "laptop", new SessionRecord());
        Assert.Contains("users with a session", (await silo.RunAsync("session", "count")).Output, StringComparison.Ordinal);
        var list = JsonDocument.Parse((await silo.RunAsync("session", "list", "kick.example.com", "--json")).Output).RootElement;
        Assert.Equal(2, list.GetArrayLength());
        var (shownCode, shown) = await silo.RunAsync("session", "show", "anna@kick.example.com/phone");
        Assert.Equal(ExitCode.Done, shownCode);
        Assert.Contains("anna@kick.example.com/phone", shown, StringComparison.Ordinal);
        var kick = await silo.RunAsync("session", "kick", "anna@kick.example.com/phone", "--reason", "spam");
        Assert.Equal(ExitCode.Done, kick.ExitCode);
        Assert.Equal(new SessionEnd(SessionEndReason.Kicked, Text: "spam"), await connection.Ended.Task.WaitAsync(Patience));
        Assert.Null(await silo.Sessions.GetAsync(one));
        Assert.Single(await silo.Sessions.GetUserSessionsAsync("kick.example.com", "anna"));
        Assert.Equal(ExitCode.Found, (await silo.RunAsync("session", "kick", "anna@kick.example.com/phone")).ExitCode);
    }

    [Fact]
    public async Task A_table_is_described_compared_and_watched()
    {
        const string table = "session";
        var tables = JsonDocument.Parse((await silo.RunAsync("cets", "table-info", "--json")).Output).RootElement;
        Assert.Contains(table, tables.EnumerateArray().Select(info => info.GetProperty("name").GetString()));
        var (code, output) = await silo.RunAsync("cets", "verify", table);
        Assert.True(code == ExitCode.Done, output);
        await using var watch = silo.Start("cets", "watch", table, "--changes-only");
        await watch.WaitForLineAsync(line => line == "synced", Patience);
        await silo.Sessions.OpenAsync("watch.example.com", "bert", "phone", new SessionRecord());
        await watch.WaitForLineAsync(
            line => line.StartsWith("inserted", StringComparison.Ordinal) && line.Contains("watch.example.com", StringComparison.Ordinal),
            Patience);
        // Not SIGINT: a process that a shell has started in the background has inherited that it is ignored.
        watch.Terminate();
        Assert.Equal(ExitCode.Done, await watch.Exited.WaitAsync(Patience));
    }

    [Fact]
    public async Task What_is_not_there_is_named()
    {
        var (code, output) = await silo.RunAsync("cets", "verify", "nothing");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("No table nothing on this silo", output, StringComparison.Ordinal);
        (code, output) = await silo.RunAsync("cluster", "evict", "mim9@nowhere", "--yes");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("mim9@nowhere", output, StringComparison.Ordinal);
        (code, output) = await silo.RunAsync("cluster", "confirm-list", "--yes");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("does not form from a list", output, StringComparison.Ordinal);
        (code, output) = await silo.RunAsync("session", "show", "nobody");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("user@server", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_evicted_without_an_answer()
    {
        await using var command = silo.Start("cluster", "evict", "mim1@localhost");
        await command.SendLineAsync("no");
        Assert.Equal(ExitCode.Failed, await command.Exited.WaitAsync(Patience));
        Assert.Contains("Nothing was done.", command.Output.Tail(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_command_line_or_configuration_has_an_exit_code_of_its_own()
    {
        Assert.Equal(ExitCode.Usage, (await SiloFixture.RunBareAsync("cets", "dance")).ExitCode);
        var (code, output) = await SiloFixture.RunBareAsync("status", "--config", "not-there.toml");
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("not-there.toml", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_without_silos_is_said_to_be_out_of_reach()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("mim.toml"), $"""
            [general]
            sm_backend = "cets"
            s2s_backend = "cets"
            component_backend = "cets"

            [internal_databases.cets]
            cluster_name = "empty"

            [outgoing_pools.rdbms.default.connection]
            driver = "sqlite"
            file = "{folder.File("empty.db")}"
            """);
        var (code, output) = await SiloFixture.RunBareAsync("status", "--config", folder.File("mim.toml"), "--timeout", "3");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("No silo of cluster empty can be reached", output, StringComparison.Ordinal);
    }

    private sealed class KickedConnection : ISessionConnection
    {
        public TaskCompletionSource<SessionEnd> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task ReceiveAsync(SessionKey session, object message) => Task.CompletedTask;

        public Task EndedAsync(SessionKey session, SessionEnd end)
        {
            Ended.TrySetResult(end);
            return Task.CompletedTask;
        }

        public Task InfoChangedAsync(SessionKey session, string name, string? value) => Task.CompletedTask;
    }
}
