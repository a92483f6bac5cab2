using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Core.Consensus;
using MimGrains.Core.Membership;
using Orleans.Configuration;
using Orleans.Messaging;

namespace MimGrains.Clustering.NodeList;

/// <summary>
/// Finds gateways for a client: asks the listed nodes which silos are active. If none of them answers, the gateways are
/// taken to be
/// where the list says.
/// </summary>
/// <remarks>A client decides nothing: the latest table that any node knows is good enough, with or without a
/// quorum.</remarks>
internal sealed partial class NodeListGatewayListProvider(
    INodeList list,
    RegisterCaller caller,
    IOptions<GatewayOptions> options,
    ILogger<NodeListGatewayListProvider> logger)
    : IGatewayListProvider
{
    private readonly ILogger _logger = logger;

    public TimeSpan MaxStaleness => options.Value.GatewayListRefreshPeriod;

    // Part of Orleans' contract, though it is not asked any more.
    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => InitializeGatewayListProviderAsync();

    // A list that has no line yet is waited for; who of it is there is asked later, again and again.
    public async Task InitializeGatewayListProviderAsync(CancellationToken cancellationToken = default)
    {
        for (var current = list.Current; current.Nodes.Count == 0;)
        {
            LogEmpty(_logger, current.Problem ?? "it lists no node");
            current = await list.WaitForChangeAsync(current.Version, cancellationToken);
        }
    }

    public Task<IList<Uri>> GetGateways() => GetGatewaysAsync();

    /// <exception cref="SiloUnavailableException">
    /// No silo is active, or none can be found. Orleans' own retry filter tries again on that, for about three minutes.
    /// </exception>
    public async Task<IList<Uri>> GetGatewaysAsync(CancellationToken cancellationToken = default)
    {
        var replies = await Task.WhenAll(caller.Listed.Select(node => caller.AskAsync(node, RegisterRequest.Read)))
            .WaitAsync(cancellationToken);
        var latest = replies.Where(reply => reply?.Value is not null).MaxBy(reply => reply!.Accepted)?.Value;
        List<Uri> gateways = latest is null
            ? await ListedGatewaysAsync(cancellationToken)
            : [.. ActiveGateways(MembershipTable.Decode(latest.Content))];
        return gateways.Count > 0
            ? gateways
            : throw new SiloUnavailableException(
                $"No silo is active; {caller.Describe()}. " +
                "Start one, or correct internal_databases.cets.node_list_file.");
    }

    private static IEnumerable<Uri> ActiveGateways(MembershipTable table) =>
        from row in table.Rows
        where row.Status == (int)SiloStatus.Active && row.GatewayPort != 0
        let silo = SiloAddress.FromParsableString(row.Silo)
        select SiloAddress.New(silo.Endpoint.Address, row.GatewayPort, silo.Generation).ToGatewayUri();

    private async Task<List<Uri>> ListedGatewaysAsync(CancellationToken cancellationToken)
    {
        List<Uri> gateways = [];
        foreach (var node in list.Current.Nodes.Where(node => node.GatewayPort != 0))
        {
            try
            {
                var addresses = await Dns.GetHostAddressesAsync(node.Host, cancellationToken);
                gateways.AddRange(
                    addresses.Take(1).Select(address => new IPEndPoint(address, node.GatewayPort).ToGatewayUri()));
            }
            catch (SocketException exception)
            {
                LogUnknownHost(_logger, node.Name.Value, exception.Message);
            }
        }

        return gateways;
    }

    [LoggerMessage(ClusteringEventId.ClientWaitsForList, LogLevel.Warning, "Client waits for the node list: {Reason}")]
    private static partial void LogEmpty(ILogger logger, string reason);

    [LoggerMessage(ClusteringEventId.GatewayHostUnknown, LogLevel.Warning, "No gateway of {Node}: {Reason}")]
    private static partial void LogUnknownHost(ILogger logger, string node, string reason);
}
