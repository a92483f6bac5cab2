using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MimGrains.Clustering;
using MimGrains.Hosting;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary><c>mim-silo</c> processes that find each other through one node list, and a client beside them.</summary>
/// <param name="network">Where the nodes are; null for all on loopback.</param>
internal sealed class FileCluster(PrivateNetwork? network = null) : IAsyncDisposable
{
    private const string Secret = "a secret of these tests";
    private const int PortsPerNode = 4;

    private readonly TempFolder _folder = new();
    private readonly Dictionary<int, int[]> _ports = [];
    private readonly Dictionary<int, SiloProcess> _processes = [];
    private readonly HttpClient _http = new();
    private IHost? _client;

    /// <summary>Returns where the list is.</summary>
    public string ListFile => _folder.File("nodes.txt");

    /// <summary>Lists nodes, in this order: the new text replaces the old file as editors do.</summary>
    public void List(params int[] nodes) => Write([.. nodes.Select(LineOf)]);

    /// <summary>Replaces the text of the list as editors do.</summary>
    public void Write(params string[] lines)
    {
        var next = _folder.File("nodes.next");
        File.WriteAllLines(next, lines);
        File.Move(next, ListFile, overwrite: true);
    }

    /// <summary>Returns the line of a node.</summary>
    public string LineOf(int node)
    {
        if (!_ports.TryGetValue(node, out var ports))
        {
            ports = _ports[node] = FreePorts.Take(PortsPerNode);
        }

        return $"{NameOf(node)}:{string.Join(':', ports.Take(3))}";
    }

    /// <summary>Returns the process that was last started for a node.</summary>
    public SiloProcess this[int node] => _processes[node];

    /// <summary>Starts processes at once; completes when all are ready.</summary>
    public Task StartAsync(params int[] nodes) => Task.WhenAll(nodes.Select(StartOneAsync).ToList());

    /// <summary>Kills a process without a chance to say goodbye.</summary>
    public async Task KillAsync(int node)
    {
        _processes[node].KillHard();
        await _processes[node].DisposeAsync();
    }

    /// <summary>Asks a process to stop in good order, and waits for its end.</summary>
    public async Task StopAsync(int node)
    {
        _processes[node].Terminate();
        await _processes[node].Exited.WaitAsync(Eventually.Patience);
        await _processes[node].DisposeAsync();
    }

    /// <summary>Returns what the health endpoint of a node says.</summary>
    public async ValueTask<string> HealthAsync(int node) =>
        await (await _http.GetAsync(new Uri($"http://{AddressOf(node)}:{_ports[node][3]}/health"))).Content.ReadAsStringAsync();

    /// <summary>Completes when the health endpoint of a node says all of this.</summary>
    public Task SaysAsync(int node, params string[] parts) => Eventually.HoldsAsync(
        () => HealthAsync(node),
        health => parts.All(part => health.Contains(part, StringComparison.Ordinal)),
        $"node {node} to say {string.Join(" and ", parts)}");

    /// <summary>Completes when all is well on nodes, as their health endpoints say.</summary>
    public Task AreHealthyAsync(params int[] nodes) => Task.WhenAll(
        nodes.Select(node => SaysAsync(node, "{\"status\":\"Healthy\"")));

    /// <summary>Completes when exactly these nodes are active, as the client is told.</summary>
    public Task AreActiveAsync(string nodes) => AreActiveAsync(nodes, Client);

    /// <summary>Completes when exactly these nodes are active, as another client is told.</summary>
    public Task AreActiveAsync(string nodes, IHost client) =>
        Eventually.EqualAsync(nodes, () => ActiveAsync(client), "active nodes");

    // By port, as the table has them.
    private async ValueTask<string> ActiveAsync(IHost client)
    {
        var management = client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        try
        {
            var hosts = await management.GetHosts(onlyActive: true);
            var active = _ports.Where(ports => hosts.Keys.Any(silo => silo.Endpoint.Port == ports.Value[0]));
            return string.Join(' ', active.Select(ports => ports.Key).Order());
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            return exception.Message;
        }
    }

    /// <summary>Returns the session manager of the client.</summary>
    public ISessionManager Sessions => Client.Services.GetRequiredService<ISessionManager>();

    /// <summary>Connects the client, which finds its gateways in the list.</summary>
    public async Task ConnectAsync() => _client = await StartAsync(client => client.UseMimGrains(
        options => options.UseCets("files").UseNodeList(ListFile, Secret)));

    /// <summary>Connects a client to one node and no other; the caller disposes it.</summary>
    public Task<IHost> ConnectToAsync(int node) => StartAsync(client =>
    {
        client.UseStaticClustering(new IPEndPoint(IPAddress.Parse(AddressOf(node)), _ports[node][1]));
        client.Configure<ClusterOptions>(options =>
            (options.ClusterId, options.ServiceId) = (ClusterNamespace.Of("files"), "files"));
        client.Services.AddSessionClient();
    });

    /// <summary>Returns the last lines of all processes, for messages.</summary>
    public string Diagnose() => string.Join('\n', _processes.Values.Select(process => process.Diagnose()));

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values)
        {
            await process.DisposeAsync();
        }

        _client?.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }

    private IHost Client => _client ?? throw new InvalidOperationException("Connect first.");

    private static async Task<IHost> StartAsync(Action<IClientBuilder> configure)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(configure);
        var client = builder.Build();
        await client.StartAsync().WaitAsync(Eventually.Patience);
        return client;
    }

    private string AddressOf(int node) => network is null ? "127.0.0.1" : PrivateNetwork.AddressOf(node);

    private string NameOf(int node) => $"mim{node}@{AddressOf(node)}";

    private async Task StartOneAsync(int node)
    {
        var file = _folder.File($"mim{node}.toml");
        await File.WriteAllTextAsync(file, $"""
            [general]
            sm_backend = "cets"
            s2s_backend = "cets"
            component_backend = "cets"

            [internal_databases.cets]
            backend = "file"
            cluster_name = "files"
            node_list_file = "{ListFile}"
            cluster_secret = "{Secret}"

            [node]
            name = "{NameOf(node)}"
            address = "{AddressOf(node)}"
            silo_port = {_ports[node][0]}
            gateway_port = {_ports[node][1]}
            discovery_port = {_ports[node][2]}
            health_port = {_ports[node][3]}
            data_directory = "{_folder.File($"data{node}")}"
            """);
        var program = Path.Combine(AppContext.BaseDirectory, "mim-silo.dll");
        var command = ChildCommand.ForAssembly(program, ["--config", file]);
        var process = SiloProcess.Start(NameOf(node), network?.Inside(node, command) ?? command);
        _processes[node] = process;
        await process.WaitForLineAsync(
            line => line.StartsWith("mim-silo ready", StringComparison.Ordinal), Eventually.Patience);
    }
}
