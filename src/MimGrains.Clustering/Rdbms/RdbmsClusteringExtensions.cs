using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using MimGrains.Backends;
using MimGrains.Configuration;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Messaging;
using Orleans.Runtime.Membership;
using Orleans.Runtime.MembershipService;

namespace MimGrains.Clustering.Rdbms;

/// <summary>Lets silos and clients find each other through a SQL database.</summary>
public static class RdbmsClusteringExtensions
{
    /// <summary>
    /// Keeps the membership of the cluster in a SQL database, in the namespace <see cref="ClusterNamespace.Of"/>, and this node
    /// in its list of nodes. The schema is applied at start, if it is missing. A database that is away is waited for.
    /// </summary>
    /// <remarks>
    /// While the silo runs the database may go away: the cluster goes on serving, silos can neither join nor be declared dead,
    /// and <see cref="INodeRegistry.DiscoveryWorks"/> is false.
    /// </remarks>
    public static ISiloBuilder UseRdbmsClustering(
        this ISiloBuilder builder, RdbmsConnectionOptions connection, string clusterName, NodeOptions node)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(node);
        var database = AddCommon(builder.Services, connection, clusterName);
        builder.Services.Configure<AdoNetClusteringSiloOptions>(options =>
        {
            options.Invariant = database.Invariant;
            options.ConnectionString = database.ConnectionString;
        });
        builder.Services.AddSingleton(provider => new SchemaInstaller(
            database, SqlScript.Embedded(database.Folder), provider.GetRequiredService<ILogger<SchemaInstaller>>()));
        builder.Services.AddSingleton(new DiscoveryNodes(
            database, ClusterNamespace.Of(clusterName), node.EffectiveName, node.Address));
        builder.Services.AddSingleton<IClusterIdStore>(new ClusterIdTable(database, clusterName));
        builder.Services.AddSingleton<NodeRegistry>();
        builder.Services.AddSingleton<INodeRegistry>(provider => provider.GetRequiredService<NodeRegistry>());
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
            provider => provider.GetRequiredService<NodeRegistry>());
        builder.Services.AddSingleton<AdoNetClusteringTable>();
        builder.Services.AddSingleton<IMembershipTable, RdbmsMembershipTable>();
        return builder;
    }

    /// <summary>Finds the gateways of the cluster in its SQL database.</summary>
    public static IClientBuilder UseRdbmsClustering(
        this IClientBuilder builder, RdbmsConnectionOptions connection, string clusterName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var database = AddCommon(builder.Services, connection, clusterName);
        builder.Services.Configure<AdoNetClusteringClientOptions>(options =>
        {
            options.Invariant = database.Invariant;
            options.ConnectionString = database.ConnectionString;
        });
        builder.Services.AddSingleton<AdoNetGatewayListProvider>();
        builder.Services.AddSingleton<IGatewayListProvider, RdbmsGatewayListProvider>();
        return builder;
    }

    private static RdbmsDatabase AddCommon(IServiceCollection services, RdbmsConnectionOptions connection, string clusterName)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentException.ThrowIfNullOrWhiteSpace(clusterName);
        var database = new RdbmsDatabase(connection);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(database);
        services.Configure<ClusterOptions>(options =>
        {
            options.ClusterId = ClusterNamespace.Of(clusterName);
            options.ServiceId = clusterName;
        });
        return database;
    }
}
