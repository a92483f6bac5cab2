using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using MimGrains.Configuration;
using MimGrains.Core.Identity;
using Orleans.Configuration;
using Orleans.Hosting;

namespace MimGrains.Clustering.NodeList;

/// <summary>Lets silos and clients find each other through a text file that lists the nodes, without a database.</summary>
public static class NodeListClusteringExtensions
{
    /// <summary>
    /// Keeps the membership of the cluster among the listed nodes: more than half of them decide, in an even list the first
    /// one breaks the tie. The start waits until enough of them are there.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="cets">Names the cluster, the file and the certificates.</param>
    /// <param name="secret">What all nodes and clients of the cluster hold; at least 16 characters. Never sent.</param>
    /// <param name="node">Names this node, its ports and its data directory, which must be its own.</param>
    /// <exception cref="DiscoveryTlsException">The certificates cannot be used.</exception>
    /// <remarks>
    /// Without a quorum the silo goes on serving, silos can neither join nor be declared dead, and
    /// <see cref="INodeRegistry.DiscoveryWorks"/> is false.
    /// </remarks>
    public static ISiloBuilder UseNodeListClustering(
        this ISiloBuilder builder, CetsOptions cets, string secret, NodeOptions node)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(node);
        var endpoint = new IPEndPoint(IPAddress.Parse(node.Address), node.DiscoveryPort);
        AddCommon(builder.Services, cets, secret, node, endpoint);
        builder.Services.AddSingleton<IAcceptorStore>(_ => new AcceptorFile(
            node.DataDirectory, ClusterNamespace.Of(cets.ClusterName), node.EffectiveName));
        builder.Services.AddNodeListMembership(node.Address, cets.ConfirmListJump);
        return builder;
    }

    /// <summary>Finds the gateways of the cluster through its listed nodes, and follows changes of the list.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="cets">Names the cluster, the file and the certificates.</param>
    /// <param name="secret">What all nodes and clients of the cluster hold.</param>
    /// <param name="node">Gives the ports of nodes that are listed without.</param>
    /// <exception cref="DiscoveryTlsException">The certificates cannot be used.</exception>
    public static IClientBuilder UseNodeListClustering(
        this IClientBuilder builder, CetsOptions cets, string secret, NodeOptions node)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(node);
        AddCommon(builder.Services, cets, secret, node, null);
        builder.Services.AddNodeListGateways();
        return builder;
    }

    // A client has no endpoint: it only calls, under a name that nobody needs but the log of whom it calls.
    private static void AddCommon(
        IServiceCollection services, CetsOptions cets, string secret, NodeOptions node, IPEndPoint? endpoint)
    {
        ArgumentNullException.ThrowIfNull(cets);
        ArgumentException.ThrowIfNullOrEmpty(cets.NodeListFile);
        ArgumentNullException.ThrowIfNull(secret);
        var tls = cets is { TlsCertificateFile: { } certificate, TlsKeyFile: { } key, TlsAuthorityFile: { } authority }
            ? DiscoveryTls.Load(certificate, key, authority)
            : null;
        var cluster = ClusterNamespace.Of(cets.ClusterName);
        var name = endpoint is null ? $"client@{Environment.MachineName}" : node.EffectiveName;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<INodeList>(provider =>
        {
            var list = new WatchedNodeList(
                new NodeListFileSource(cets.NodeListFile),
                endpoint is null ? null : new NodeName(name),
                new DefaultPorts(node.SiloPort, node.GatewayPort, node.DiscoveryPort),
                TimeSpan.FromMilliseconds(cets.NodeListPollMs),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<WatchedNodeList>>());
            list.Start();
            return list;
        });
        services.AddSingleton(provider => new HostResolver(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IDiscoveryTransport>(provider => new DiscoveryTransport(
            new DiscoveryIdentity(cluster, name, new SharedSecret(secret, cluster)),
            endpoint,
            tls,
            provider.GetRequiredService<HostResolver>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.Configure<ClusterOptions>(options =>
        {
            options.ClusterId = cluster;
            options.ServiceId = cets.ClusterName;
        });
    }
}
