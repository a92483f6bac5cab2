using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Messaging;

namespace MimGrains.Clustering.NodeList;

/// <summary>Puts the membership on an <see cref="INodeList"/>, an <see cref="IDiscoveryTransport"/> and an
/// <see cref="IAcceptorStore"/>.</summary>
internal static class NodeListMembershipExtensions
{
    // A node that is replaced should be missed no longer than its line.
    private static readonly TimeSpan GatewayRefreshPeriod = TimeSpan.FromSeconds(10);

    /// <summary>Adds the membership table of a silo, and the registry of its nodes.</summary>
    /// <param name="services">Have the list, the transport and the store.</param>
    /// <param name="address">The published IP address of this node.</param>
    /// <param name="allowJump">Whether the operator confirmed a list that shares no quorum with the one before.</param>
    public static IServiceCollection AddNodeListMembership(
        this IServiceCollection services, string address, bool allowJump)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RegisterHost>();
        services.AddSingleton(provider => new RegisterCaller(
            provider.GetRequiredService<RegisterHost>(),
            provider.GetRequiredService<INodeList>(),
            provider.GetRequiredService<IDiscoveryTransport>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new RegisterClient(
            provider.GetRequiredService<RegisterCaller>(),
            provider.GetRequiredService<ListConfirmation>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ListConfirmation(provider.GetRequiredService<INodeList>(), allowJump));
        services.AddSingleton<INodeListConfirmation>(provider => provider.GetRequiredService<ListConfirmation>());
        services.AddSingleton(provider => new NodeIdentity(
            address, provider.GetRequiredService<ILocalSiloDetails>().SiloAddress.Generation));
        services.AddSingleton<NodeListRegistry>();
        services.AddSingleton<INodeRegistry>(provider => provider.GetRequiredService<NodeListRegistry>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
            provider => provider.GetRequiredService<NodeListRegistry>());
        services.AddSingleton<IMembershipTable, NodeListMembershipTable>();
        return services;
    }

    /// <summary>Adds the gateways of a client.</summary>
    /// <param name="services">Have the list and the transport.</param>
    public static IServiceCollection AddNodeListGateways(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = GatewayRefreshPeriod);
        services.AddSingleton(provider => new RegisterCaller(
            null,
            provider.GetRequiredService<INodeList>(),
            provider.GetRequiredService<IDiscoveryTransport>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IGatewayListProvider, NodeListGatewayListProvider>();
        return services;
    }
}
