using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MimGrains.Clustering;
using MimGrains.Operation;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using MimGrains.Tables;
using Orleans.Configuration;
using Orleans.Hosting;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>A place for one silo: a configuration with fixed ports, on which <c>mim-silo</c> is started, killed and started again.</summary>
internal sealed class SiloMachine : IAsyncDisposable
{
    public const string ClusterName = "processes";
    private const string SessionTableName = "session";

    private readonly TempFolder _folder;
    private readonly int _number;
    private readonly int[] _ports = FreePorts.Take(2);
    private IHost? _client;

    /// <param name="folder">For the configuration and the database that all silos share.</param>
    /// <param name="number">From 1 on.</param>
    public SiloMachine(TempFolder folder, int number)
    {
        (_folder, _number) = (folder, number);
        File.WriteAllText(ConfigFile, $"""
            [general]
            sm_backend = "cets"
            s2s_backend = "cets"
            component_backend = "cets"

            [internal_databases.cets]
            cluster_name = "{ClusterName}"

            [outgoing_pools.rdbms.default.connection]
            driver = "sqlite"
            file = '{folder.File("mim.db")}'

            [node]
            name = "mim{number}@localhost"
            silo_port = {_ports[0]}
            gateway_port = {_ports[1]}
            data_directory = '{folder.File($"data{number}")}'
            """);
    }

    /// <summary>Returns the process that was started last.</summary>
    public SiloProcess Process { get; private set; } = null!;

    /// <summary>Returns what the process said when it was ready.</summary>
    public string ReadyLine { get; private set; } = "";

    /// <summary>Returns the sessions as a client sees them that is connected to this silo's gateway and no other.</summary>
    public ISessionManager Sessions => _client!.Services.GetRequiredService<ISessionManager>();

    /// <summary>Makes references for that client.</summary>
    public IGrainFactory Grains => _client!.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Returns the table of sessions, as the same client sees it.</summary>
    public ITableClient<SessionKey, SessionRecord> Table => TableOf(_client!);

    /// <summary>Returns what operators of the silo see.</summary>
    public IOperatorGrain Operator => Grains.GetGrain<IOperatorGrain>(IOperatorGrain.Key);

    /// <summary>Returns where its clients connect.</summary>
    public IPEndPoint Gateway => new(IPAddress.Loopback, _ports[1]);

    private string ConfigFile => _folder.File($"mim{_number}.toml");

    /// <summary>Makes a client of the cluster that all machines are in; it is not started.</summary>
    public static IHost ClientOf(Action<IClientBuilder> findGateways)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client =>
        {
            findGateways(client);
            client.Configure<ClusterOptions>(options =>
                (options.ClusterId, options.ServiceId) = (ClusterNamespace.Of(ClusterName), ClusterName));
            client.Services.AddSessionClient();
            client.Services.AddTableClient<SessionKey, SessionRecord>(SessionTableName);
        });
        return builder.Build();
    }

    /// <summary>Returns the table of sessions as a client sees it.</summary>
    public static ITableClient<SessionKey, SessionRecord> TableOf(IHost client) =>
        client.Services.GetRequiredKeyedService<ITableClient<SessionKey, SessionRecord>>(SessionTableName);

    /// <summary>Starts the process and connects a client when it is ready.</summary>
    public async Task StartAsync()
    {
        Process = SiloProcess.Start(
            $"silo {_number}",
            ChildCommand.ForAssembly(Path.Combine(AppContext.BaseDirectory, "mim-silo.dll"), "--config", ConfigFile));
        var line = await Process.WaitForLineAsync(
            text => text.StartsWith("mim-silo ready:", StringComparison.Ordinal), Eventually.Patience);
        ReadyLine = line.Text;
        _client = ClientOf(client => client.UseStaticClustering(Gateway));
        await _client.StartAsync().WaitAsync(Eventually.Patience);
    }

    /// <summary>Kills the process with -9 and completes when it has ended.</summary>
    public async Task KillAsync()
    {
        Process.KillHard();
        await Process.Exited.WaitAsync(Eventually.Patience);
        await DisconnectAsync();
    }

    /// <summary>Asks the process to end with SIGTERM, and returns its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        await DisconnectAsync();
        Process.Terminate();
        return await Process.Exited.WaitAsync(Eventually.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync();
        if (Process is not null)
        {
            await Process.DisposeAsync();
        }
    }

    private async Task DisconnectAsync()
    {
        if (Interlocked.Exchange(ref _client, null) is { } client)
        {
            await client.StopAsync().WaitAsync(Eventually.Patience);
            client.Dispose();
        }
    }
}
