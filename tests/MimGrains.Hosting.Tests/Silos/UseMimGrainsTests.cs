using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using MimGrains.Configuration;
using MimGrains.ProcessSupport;

namespace MimGrains.Hosting.Tests.Silos;

/// <summary>What <c>UseMimGrains</c> refuses before anything is started.</summary>
public sealed class UseMimGrainsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Wrong_options_are_refused_all_at_once()
    {
        var error = Assert.Throws<MimGrainsConfigurationException>(() => UseOnSilo(options =>
        {
            options.Node.SiloPort = -1;
            options.Node.Address = "nowhere";
        }));
        Assert.Equal(["node.address", "node.silo_port"], error.Errors.Select(e => e.Option).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", "holds no secret; allowed: 16 to 1024 characters")]
    [InlineData(" too short \n", "holds no secret; allowed: 16 to 1024 characters")]
    public void A_file_without_a_cluster_secret_is_refused(string content, string problem)
    {
        var file = _folder.File("secret");
        File.WriteAllText(file, content);
        var error = Assert.Throws<MimGrainsConfigurationException>(() => UseOnClient(options => SetNodeList(options, file)));
        Assert.StartsWith(
            $"options: internal_databases.cets.cluster_secret_file: {file} {problem}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_with_a_cluster_secret_is_used_without_the_white_space_around_it()
    {
        var file = _folder.File("secret");
        File.WriteAllText(file, "  0123456789abcdef\n");
        UseOnClient(options => SetNodeList(options, file));
    }

    [Theory]
    [InlineData("node.silo_port")]
    [InlineData("node.gateway_port")]
    [InlineData("node.discovery_port")]
    [InlineData("node.health_port")]
    public void A_port_in_use_is_refused(string option)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var endpoint = (IPEndPoint)other.LocalEndpoint;
        var error = Assert.Throws<PortUnavailableException>(() => UseOnSilo(options =>
        {
            options.Node.SiloPort = option == "node.silo_port" ? endpoint.Port : 0;
            options.Node.GatewayPort = option == "node.gateway_port" ? endpoint.Port : 0;
            options.Node.HealthPort = option == "node.health_port" ? endpoint.Port : null;
            if (option == "node.discovery_port")
            {
                SetNodeList(options, null);
                options.Node.DiscoveryPort = endpoint.Port;
            }
        }));
        Assert.Equal(option, error.Option);
        Assert.Equal(endpoint, error.Endpoint);
        Assert.StartsWith($"{option} = {endpoint.Port}: cannot listen on {endpoint}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_whose_last_connection_just_closed_is_free()
    {
        var port = await PortWithClosedConnectionAsync();
        UseOnSilo(options => options.Node.SiloPort = port);
    }

    [Fact]
    public void An_address_of_another_machine_is_refused()
    {
        // 192.0.2.0/24 is for documentation: no machine has it (RFC 5737).
        var error = Assert.Throws<PortUnavailableException>(() => UseOnSilo(options => options.Node.Address = "192.0.2.1"));
        Assert.Contains("node.address is not an address of this machine", error.Message, StringComparison.Ordinal);
    }

    private void SetNodeList(MimGrainsOptions options, string? secretFile)
    {
        File.WriteAllText(_folder.File("nodes.txt"), "mim1@localhost");
        options.UseNodeList(_folder.File("nodes.txt"), "0123456789abcdef");
        if (secretFile is not null)
        {
            (options.InternalDatabases!.Cets!.ClusterSecret, options.InternalDatabases.Cets.ClusterSecretFile) = (null, secretFile);
        }
    }

    private void UseOnSilo(Action<MimGrainsOptions> change) =>
        NewBuilder().UseOrleans(silo => silo.UseMimGrains(options => Set(options, change)));

    private void UseOnClient(Action<MimGrainsOptions> change) =>
        NewBuilder().UseOrleansClient(client => client.UseMimGrains(options => Set(options, change)));

    private void Set(MimGrainsOptions options, Action<MimGrainsOptions> change)
    {
        Configurations.SetSqlite(options, _folder);
        change(options);
    }

    private static HostApplicationBuilder NewBuilder() =>
        Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());

    // The listener closes first: its side of the connection stays in TIME_WAIT.
    private static async Task<int> PortWithClosedConnectionAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endpoint = (IPEndPoint)listener.LocalEndpoint;
        using var client = new TcpClient();
        await client.ConnectAsync(endpoint);
        using (await listener.AcceptTcpClientAsync())
        {
        }

        Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1]));
        return endpoint.Port;
    }
}
