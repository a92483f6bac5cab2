using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Clustering;
using MimGrains.Configuration;
using MimGrains.Hosting;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using MimGrains.Tables;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace MimGrains.Cluster.Tests.InProcess;

/// <summary>Silos and a client in this process, configured as users do: real membership in a database, real sockets.</summary>
internal sealed class MimCluster : IAsyncDisposable
{
    private const string DatabaseKey = "test:database";
    private const string ClusterNameKey = "test:cluster";
    private const string ExtraTableKey = "test:table";

    private readonly TestCluster _cluster;

    private MimCluster(TestCluster cluster) => _cluster = cluster;

    /// <summary>Returns the silos that were started and neither stopped nor killed.</summary>
    public IReadOnlyList<SiloHandle> Silos => _cluster.Silos;

    /// <summary>Returns the sessions as the cluster's Orleans client sees them.</summary>
    public ISessionManager ClientSessions => _cluster.ServiceProvider.GetRequiredService<ISessionManager>();

    /// <summary>Returns the sessions of each silo, as that silo sees them.</summary>
    public IReadOnlyList<ISessionManager> Sessions => [.. Silos.Select(SessionsOf)];

    /// <summary>Starts silos all at once, and a client when they are there.</summary>
    /// <param name="database">An empty database, or one that other clusters use.</param>
    /// <param name="silos">How many.</param>
    /// <param name="clusterName">The <c>cluster_name</c>.</param>
    /// <param name="extraTable">What becomes of dead silos' records in a table named rooms; null for no such table.</param>
    public static async Task<MimCluster> StartAsync(
        RdbmsConnectionOptions database, short silos, string clusterName = "mongooseim", NodeDownRule? extraTable = null)
    {
        var builder = new TestClusterBuilder(silos);
        builder.Options.UseTestClusterMembership = false;
        builder.Options.ConnectionTransport = ConnectionTransportType.TcpSocket;
        builder.Options.ConfigureFileLogging = false;
        builder.Properties[DatabaseKey] = JsonSerializer.Serialize(database);
        builder.Properties[ClusterNameKey] = clusterName;
        builder.Properties[ExtraTableKey] = extraTable?.ToString();
        builder.AddSiloBuilderConfigurator<SiloConfigurator>();
        builder.AddClientBuilderConfigurator<ClientConfigurator>();
        var cluster = new MimCluster(builder.Build());
        try
        {
            await cluster._cluster.DeployAsync().WaitAsync(Eventually.Patience);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public static ISessionManager SessionsOf(SiloHandle silo) => ServicesOf(silo).GetRequiredService<ISessionManager>();

    public static INodeRegistry NodesOf(SiloHandle silo) => ServicesOf(silo).GetRequiredService<INodeRegistry>();

    public static IReplicatedTable<string, string> RoomsOf(SiloHandle silo) =>
        ServicesOf(silo).GetRequiredService<ITableCatalog>().Get<string, string>("rooms");

    /// <summary>Returns the silos that membership says are active, as <paramref name="silo"/> sees it.</summary>
    public static IReadOnlySet<SiloAddress> ActiveSilosOf(SiloHandle silo) =>
        ServicesOf(silo).GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active)
            .Select(member => member.SiloAddress)
            .ToHashSet();

    public static IServiceProvider ServicesOf(SiloHandle silo) => ((InProcessSiloHandle)silo).SiloHost.Services;

    /// <summary>Starts one more silo; it is ready when this completes.</summary>
    public async Task<SiloHandle> AddSiloAsync() => await _cluster.StartAdditionalSiloAsync().WaitAsync(Eventually.Patience);

    /// <summary>Starts one more silo with another definition of the table rooms.</summary>
    public Task<SiloHandle> AddSiloAsync(NodeDownRule extraTable) => TestCluster.StartSiloAsync(
        _cluster,
        Silos.Count,
        _cluster.Options,
        [new MemoryConfigurationSource { InitialData = [new(ExtraTableKey, extraTable.ToString())] }]).WaitAsync(Eventually.Patience);

    /// <summary>Ends a silo without letting it say goodbye to anybody.</summary>
    public Task KillAsync(SiloHandle silo) => _cluster.KillSiloAsync(silo).WaitAsync(Eventually.Patience);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _cluster.StopAllSilosAsync().WaitAsync(Eventually.Patience);
        }
        finally
        {
            await _cluster.DisposeAsync();
        }
    }

    /// <summary>Sets what silos and clients have in common.</summary>
    public static void Set(MimGrainsOptions options, RdbmsConnectionOptions database, string clusterName)
    {
        options.General.SmBackend = InternalDatabase.Cets;
        options.General.S2sBackend = InternalDatabase.Cets;
        options.General.ComponentBackend = InternalDatabase.Cets;
        options.InternalDatabases = new() { Cets = new() { ClusterName = clusterName } };
        options.Rdbms = database;
    }

    private static void Set(MimGrainsOptions options, IConfiguration configuration) => Set(
        options,
        JsonSerializer.Deserialize<RdbmsConnectionOptions>(configuration[DatabaseKey]!)!,
        configuration[ClusterNameKey]!);

    private sealed class SiloConfigurator : ISiloConfigurator
    {
        public void Configure(ISiloBuilder siloBuilder)
        {
            // Those that the test cluster has chosen may be taken by outgoing connections until the silo listens.
            var ports = FreePorts.Take(2);
            siloBuilder.UseMimGrains(options =>
            {
                (options.Node.SiloPort, options.Node.GatewayPort) = (ports[0], ports[1]);
                Set(options, siloBuilder.Configuration);
            });
            if (Enum.TryParse<NodeDownRule>(siloBuilder.Configuration[ExtraTableKey], out var nodeDown))
            {
                siloBuilder.Services.AddReplicatedTable(new TableDefinition<string, string>("rooms") { NodeDown = nodeDown });
            }
        }
    }

    private sealed class ClientConfigurator : IClientBuilderConfigurator
    {
        public void Configure(IConfiguration configuration, IClientBuilder clientBuilder) =>
            clientBuilder.UseMimGrains(options => Set(options, configuration));
    }
}
