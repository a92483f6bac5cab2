using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MimGrains.Clustering.NodeList;
using MimGrains.Core.Identity;
using MimGrains.ProcessSupport;
using Orleans;
using Orleans.Messaging;

namespace MimGrains.Clustering.Tests.NodeList;

/// <summary>
/// The contract once more, on nodes that have all that processes would have: a list in a file, gRPC on ports of their own with
/// the handshake, and stores on the disk. Two of four have started before.
/// </summary>
[Collection(NodeListFileSourceTests.WatchesFiles)]
public sealed class NodeListOverGrpcMembershipTableTests : MembershipTableContract
{
    private const int Nodes = 4;

    private readonly TempFolder _folder = new();
    private readonly int[] _ports = FreePorts.Take(Nodes);
    private readonly List<ServiceProvider> _running = [];

    private string ListFile => _folder.File("nodes.txt");

    public override async Task InitializeAsync()
    {
        await File.WriteAllLinesAsync(ListFile, _ports.Select((port, index) => $"{Name(index)}:1:2:{port}"));
        File.SetLastWriteTimeUtc(ListFile, DateTime.UtcNow.AddMinutes(-1));
        var first = await OpenTableAsync();
        var second = await OpenTableAsync();
        await Task.WhenAll(first.InitializeMembershipTableAsync(true), second.InitializeMembershipTableAsync(true))
            .WaitAsync(TimeSpan.FromMinutes(1));
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        foreach (var services in _running)
        {
            await services.DisposeAsync();
        }

        _folder.Dispose();
    }

    protected override Task<IMembershipTable> OpenTableAsync()
    {
        var index = _running.Count;
        var services = Common(new NodeName(Name(index)), _ports[index])
            .AddSingleton<IAcceptorStore>(new AcceptorFile(_folder.File($"data{index}"), "blue", Name(index)))
            .AddNodeListMembership("127.0.0.1", allowJump: false)
            .AddSingleton(new NodeIdentity("127.0.0.1", 1))
            .BuildServiceProvider();
        _running.Add(services);
        return Task.FromResult(services.GetRequiredService<IMembershipTable>());
    }

    protected override async Task<IGatewayListProvider> OpenGatewaysAsync()
    {
        var services = Common(null, null).AddNodeListGateways().BuildServiceProvider();
        _running.Add(services);
        var gateways = services.GetRequiredService<IGatewayListProvider>();
        await gateways.InitializeGatewayListProviderAsync();
        return gateways;
    }

    private static string Name(int index) => $"mim{index + 1}@127.0.0.1";

    private IServiceCollection Common(NodeName? self, int? port) => new ServiceCollection()
        .AddLogging()
        .AddSingleton<INodeList>(_ =>
        {
            var list = new WatchedNodeList(
                new NodeListFileSource(ListFile),
                self,
                new DefaultPorts(1, 2, port ?? 3),
                TimeSpan.FromSeconds(1),
                TimeProvider.System,
                NullLogger<WatchedNodeList>.Instance);
            list.Start();
            return list;
        })
        .AddSingleton<IDiscoveryTransport>(_ => new DiscoveryTransport(
            new DiscoveryIdentity(
                "blue", self?.Value ?? "client@test", new SharedSecret("the cookie of this cluster", "blue", iterations: 10)),
            port is null ? null : new IPEndPoint(IPAddress.Loopback, port.Value),
            null,
            new HostResolver(TimeProvider.System),
            TimeProvider.System,
            NullLoggerFactory.Instance));
}
