using System.Net;
using System.Net.Sockets;
using MimGrains.ProcessSupport;

namespace MimGrains.Hosting.Tests.Silos;

/// <summary>The command line of <c>mim-silo</c>, its exit codes and what it says when it cannot start.</summary>
[Collection(SiloTestGroup.Name)]
public sealed class MimSiloCommandTests : IDisposable
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int BadConfiguration = 2;

    private const string Pgsql = Configurations.AllInCets + """
        [outgoing_pools.rdbms.default.connection]
        driver = "pgsql"
        database = "mim"
        username = "mongoose"
        password = "hunter2"
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Check_prints_every_option_but_the_password()
    {
        var (code, output) = await MimSilo.RunAsync(Pgsql, null, "--check");
        Assert.Equal(Done, code);
        Assert.Contains("node.name = \"mongooseim-11111@127.0.0.1\"", output, StringComparison.Ordinal);
        Assert.Contains("internal_databases.cets.cluster_name = \"mongooseim\"", output, StringComparison.Ordinal);
        Assert.Contains("outgoing_pools.rdbms.default.connection.username = \"mongoose\"", output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", output, StringComparison.Ordinal);
        Assert.DoesNotContain("connection.file", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_takes_variables_into_account_and_warns_of_unknown_ones()
    {
        var environment = new Dictionary<string, string?> { ["MIM_NODE_SILO_PORT"] = "4711", ["MIM_NODE_PI"] = "127.0.0.1" };
        var (code, output) = await MimSilo.RunAsync(Pgsql, environment, "--check");
        Assert.Equal(Done, code);
        Assert.Contains("node.silo_port = 4711", output, StringComparison.Ordinal);
        Assert.Contains("mim-silo: warning: MIM_NODE_PI", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--check")]
    [InlineData("--log-level=Warning")]
    public async Task A_wrong_configuration_is_told_with_file_and_line_and_without_stack_trace(string option)
    {
        var (code, output) = await MimSilo.RunAsync("[node]\nsilo_port = \"x\"\ngatway_port = 1\n" + Pgsql, null, option);
        Assert.Equal(BadConfiguration, code);
        Assert.Contains("mim.toml:2", output, StringComparison.Ordinal);
        Assert.Contains("mim.toml:3", output, StringComparison.Ordinal);
        Assert.Contains("node.gateway_port", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_persistent_table_that_the_silo_does_not_have_is_told_with_its_line_and_those_that_it_has()
    {
        var toml = "[internal_databases.mnesia.tables.sesion]\nfragments = 2\n"
            + Configurations.Sqlite(_folder).Replace("sm_backend = \"cets\"", "sm_backend = \"mnesia\"", StringComparison.Ordinal);
        var (code, output) = await MimSilo.RunAsync(toml);
        Assert.Equal(BadConfiguration, code);
        Assert.Contains("mim.toml:1: table sesion: this silo registers no such persistent table; it has: [", output, StringComparison.Ordinal);
        Assert.Contains("session", output.Split("it has: ")[1], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_that_does_not_exist_is_refused()
    {
        var (code, output) = await MimSilo.RunToEndAsync(null, "--config", _folder.File("no.toml"));
        Assert.Equal(BadConfiguration, code);
        Assert.Contains("no.toml: does not exist", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_command_line_is_refused()
    {
        var (code, output) = await MimSilo.RunToEndAsync(null, "--confg", "mim.toml");
        Assert.Equal(BadConfiguration, code);
        Assert.Contains("Option '--config' is required.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_told_with_its_option_and_address()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var toml = Configurations.Sqlite(_folder).Replace("gateway_port = 0", $"gateway_port = {port}", StringComparison.Ordinal);
        var (code, output) = await MimSilo.RunAsync(toml);
        Assert.Equal(Failed, code);
        Assert.Contains($"mim-silo: node.gateway_port = {port}: cannot listen on 127.0.0.1:{port}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_file_that_cannot_be_opened_is_told_with_its_option()
    {
        var toml = Configurations.Sqlite(_folder).Replace(_folder.File("mim.db"), "/proc/no/mim.db", StringComparison.Ordinal);
        var (code, output) = await MimSilo.RunAsync(toml);
        Assert.Equal(Failed, code);
        var last = output.Split('\n')[^1];
        Assert.StartsWith("mim-silo: ", last, StringComparison.Ordinal);
        Assert.Contains("outgoing_pools.rdbms.default.connection.file", last, StringComparison.Ordinal);
    }
}
