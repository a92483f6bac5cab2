using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Messaging;

namespace MimGrains.Clustering.Tests.NodeList;

/// <summary>The contract, on nodes of which two have started before and the others are opened by the test.</summary>
public sealed class NodeListMembershipTableTests : MembershipTableContract
{
    private readonly ListedNodes _nodes = new(4);
    private readonly List<ServiceProvider> _clients = [];
    private int _opened = 2;

    public override async Task InitializeAsync()
    {
        await Task.WhenAll(_nodes.StartAsync(1), _nodes.StartAsync(2));
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await _nodes.DisposeAsync();
    }

    protected override Task<IMembershipTable> OpenTableAsync() => Task.FromResult(_nodes.Open(++_opened).Table);

    protected override async Task<IGatewayListProvider> OpenGatewaysAsync()
    {
        var client = _nodes.Client();
        _clients.Add(client);
        var gateways = client.GetRequiredService<IGatewayListProvider>();
        await gateways.InitializeGatewayListProviderAsync();
        return gateways;
    }
}
