using System.Text.Json;
using MimGrains.Sessions;

namespace MimGrains.Cli.Tests;

/// <summary>The commands for persistent tables, against a silo process that keeps its sessions in one.</summary>
public sealed class MnesiaCommandTests(PersistentSiloFixture silo) : IClassFixture<PersistentSiloFixture>
{
    private const string Server = "backup.example.com";

    [Fact]
    public async Task What_a_backup_or_a_dump_has_comes_back()
    {
        foreach (var (save, load, name) in new[] { ("backup", "restore", "all.mimb"), ("dump", "load", "all.jsonl") })
        {
            var key = await silo.Sessions.OpenAsync(Server, "anna", name, new SessionRecord { Priority = 5 });
            var (code, output) = await silo.RunAsync("mnesia", save, silo.File(name), "--json");
            Assert.True(code == ExitCode.Done, output);
            Assert.Contains("session", Strings(JsonDocument.Parse(output).RootElement.GetProperty("tables")));
            await silo.Sessions.CloseAsync(key);
            Assert.Null(await silo.Sessions.GetAsync(key));

            (code, output) = await silo.RunAsync("mnesia", load, silo.File(name));
            Assert.True(code == ExitCode.Done, output);
            Assert.Equal(5, (await silo.Sessions.GetAsync(key))?.Record.Priority);
        }
    }

    [Fact]
    public async Task Tables_and_the_system_are_described_with_mnesias_words()
    {
        var (code, output) = await silo.RunAsync("mnesia", "table-info", "session");
        Assert.True(code == ExitCode.Done, output);
        Assert.Contains("OrderedSet", output, StringComparison.Ordinal);
        (code, output) = await silo.RunAsync("mnesia", "system-info", "running_db_nodes", "is_running", "--json");
        Assert.True(code == ExitCode.Done, output);
        Assert.Equal(["yes", "mim1@localhost"], JsonDocument.Parse(output).RootElement.EnumerateArray()
            .Select(info => Assert.Single(Strings(info.GetProperty("values")))));
    }

    [Theory]
    [InlineData("bad_key_error: Key \"all\" does not exist", "mnesia", "system-info", "all")]
    [InlineData("table_does_not_exist: nothing", "mnesia", "table-info", "nothing")]
    [InlineData("file_not_found: ", "mnesia", "restore", "not-there.mimb")]
    [InlineData("file_not_found: ", "mnesia", "load", "not-there.jsonl")]
    [InlineData("wrong_filename: ", "mnesia", "backup", "/not/there/at/all.mimb")]
    [InlineData("cannot_change: ", "mnesia", "change-storage", "session", "disc_only_copies")]
    [InlineData("cannot_change: There is no persistent table nothing", "mnesia", "change-storage", "nothing", "ram_copies")]
    [InlineData("file_not_found: ", "mnesia", "change-nodename", "a@b", "c@d", "not-there.mimb", "copy.mimb")]
    public async Task What_cannot_be_done_has_mongooseims_error_code(string message, params string[] arguments)
    {
        var (code, output) = await silo.RunAsync(arguments);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains($"mimctl: {message}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_storage_of_a_table_is_changed_with_what_is_in_it()
    {
        var key = await silo.Sessions.OpenAsync(Server, "bert", "moved", new SessionRecord { Priority = 7 });
        foreach (var storage in new[] { "disc_copies", "ram_copies" })
        {
            var (code, output) = await silo.RunAsync("mnesia", "change-storage", "session", storage);
            Assert.True(code == ExitCode.Done, output);
            (_, output) = await silo.RunAsync("mnesia", "table-info", "session", "--json");
            Assert.Equal(
                storage == "ram_copies" ? "Ram" : "Disc",
                JsonDocument.Parse(output).RootElement[0].GetProperty("storage").GetString(),
                ignoreCase: true);
            Assert.Equal(7, (await silo.Sessions.GetAsync(key))?.Record.Priority);
        }
    }

    [Fact]
    public async Task A_foreign_file_is_no_backup()
    {
        await File.WriteAllTextAsync(silo.File("foreign"), "something else");
        var (code, output) = await silo.RunAsync("mnesia", "restore", silo.File("foreign"));
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("mimctl: not_a_log_file_error: ", output, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Strings(JsonElement array) => array.EnumerateArray().Select(value => value.GetString()!);
}
