using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MimGrains.Hosting;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using Orleans;
using Orleans.Runtime;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary><c>mim-silo</c> processes that find each other through one node list, and a client beside them.</summary>
internal sealed class FileCluster : IAsyncDisposable
{
    private const string Secret = "a secret of these tests";
    private const int PortsPerNode = 4;

    private readonly TempFolder _folder = new();
    private readonly Dictionary<int, int[]> _ports = [];
    private readonly Dictionary<int, SiloProcess> _processes = [];
    private readonly HttpClient _http = new();
    private IHost? _client;

    private string ListFile => _folder.File("nodes.txt");

    /// <summary>Lists nodes, in this order: the new text replaces the old file as editors do.</summary>
    public void List(params int[] nodes)
    {
        foreach (var node in nodes.Where(node => !_ports.ContainsKey(node)))
        {
            _ports[node] = FreePorts.Take(PortsPerNode);
        }

        var next = _folder.File("nodes.next");
        File.WriteAllLines(next, nodes.Select(node => $"{NameOf(node)}:{string.Join(':', _ports[node].Take(3))}"));
        File.Move(next, ListFile, overwrite: true);
    }

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
        await (await _http.GetAsync(new Uri($"http://127.0.0.1:{_ports[node][3]}/health"))).Content.ReadAsStringAsync();

    /// <summary>Returns the silos that are active, by port, as a silo knows them.</summary>
    public async ValueTask<string> ActiveAsync()
    {
        var management = Client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
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

    public async Task ConnectAsync()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client => client.UseMimGrains(
            options => options.UseCets("files").UseNodeList(ListFile, Secret)));
        _client = builder.Build();
        await _client.StartAsync().WaitAsync(Eventually.Patience);
    }

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

    private static string NameOf(int node) => $"mim{node}@127.0.0.1";

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
            silo_port = {_ports[node][0]}
            gateway_port = {_ports[node][1]}
            discovery_port = {_ports[node][2]}
            health_port = {_ports[node][3]}
            data_directory = "{_folder.File($"data{node}")}"
            """);
        var program = Path.Combine(AppContext.BaseDirectory, "mim-silo.dll");
        var command = ChildCommand.ForAssembly(program, ["--config", file]);
        var process = _processes[node] = SiloProcess.Start(NameOf(node), command);
        await process.WaitForLineAsync(
            line => line.StartsWith("mim-silo ready", StringComparison.Ordinal), Eventually.Patience);
    }
}
