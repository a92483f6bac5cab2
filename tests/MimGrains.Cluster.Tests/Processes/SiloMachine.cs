using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MimGrains.Clustering;
using MimGrains.Configuration;
using MimGrains.Operation;
using MimGrains.Persistent;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using MimGrains.Tables;
using MimGrains.TestSilo;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Serialization;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>A place for one silo: a configuration with fixed ports, on which a silo is started, killed and started again.</summary>
internal sealed class SiloMachine : IAsyncDisposable
{
    public const string ClusterName = "processes";
    private const string SessionTableName = "session";

    private readonly TempFolder _folder;
    private readonly int _number;
    private readonly string _program;
    private readonly int[] _ports = FreePorts.Take(2);
    private IHost? _client;

    /// <param name="folder">For the configuration and the database that all silos share.</param>
    /// <param name="number">From 1 on.</param>
    public SiloMachine(TempFolder folder, int number)
        : this(folder, number, "mim-silo", "", $"""
            driver = "sqlite"
            file = '{folder.File("mim.db")}'
            """)
    {
    }

    /// <param name="folder">For the configuration.</param>
    /// <param name="number">From 1 on.</param>
    /// <param name="database">The database that all silos share, with persistent tables in it.</param>
    /// <returns>A place for a silo with tables of accounts.</returns>
    public static SiloMachine OfAccounts(TempFolder folder, int number, RdbmsConnectionOptions database) =>
        new(folder, number, "MimGrains.TestSilo", "[internal_databases.mnesia]", $"""
            driver = "pgsql"
            host = "{database.Host}"
            port = {database.Port}
            database = "{database.Database}"
            username = "{database.Username}"
            password = "{database.Password}"
            """);

    private SiloMachine(TempFolder folder, int number, string program, string databases, string connection)
    {
        (_folder, _number, _program) = (folder, number, program);
        File.WriteAllText(ConfigFile, $"""
            [general]
            sm_backend = "cets"
            s2s_backend = "cets"
            component_backend = "cets"

            [internal_databases.cets]
            cluster_name = "{ClusterName}"

            {databases}

            [outgoing_pools.rdbms.default.connection]
            {connection}

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
    public ISessionManager Sessions => Client.GetRequiredService<ISessionManager>();

    /// <summary>Returns the services of that client.</summary>
    public IServiceProvider Client =>
        _client?.Services ?? throw new InvalidOperationException($"The client of silo {_number} is not connected.");

    /// <summary>Returns the port on which the silo talks to others.</summary>
    public int SiloPort => _ports[0];

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
            client.Services.AddSerializer(serializer => serializer.AddAssembly(typeof(ILedgerGrain).Assembly));
            foreach (var table in Ledgers.All)
            {
                client.Services.AddPersistentTableClient<string, Account>(table.Name);
            }
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
            ChildCommand.ForAssembly(Path.Combine(AppContext.BaseDirectory, $"{_program}.dll"), "--config", ConfigFile));
        var line = await Process.WaitForLineAsync(
            text => text.Contains("-silo ready:", StringComparison.Ordinal), Eventually.Patience);
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
