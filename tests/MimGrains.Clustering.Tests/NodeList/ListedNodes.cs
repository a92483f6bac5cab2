using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Clustering.NodeList;
using MimGrains.Core.Identity;
using Orleans;
using Orleans.Messaging;

namespace MimGrains.Clustering.Tests.NodeList;

/// <summary>Nodes of one process, each with the services of its membership and nothing else of a silo.</summary>
/// <remarks>Their silos are none: what Orleans would write, the test writes.</remarks>
internal sealed class ListedNodes : IAsyncDisposable
{
    private readonly ConcurrentDictionary<NodeName, MemoryStore> _stores = new();
    private readonly List<TestNode> _running = [];
    private IReadOnlyList<NodeName> _listed;

    public ListedNodes(int count) => _listed = [.. Enumerable.Range(1, count).Select(Name)];

    /// <summary>Returns the clock of the nodes that are opened from now on.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public MemoryNetwork Network { get; } = new();

    public static NodeName Name(int number) => new($"mim{number}@127.0.0.{number}");

    public MemoryStore StoreOf(int number) => _stores.GetOrAdd(Name(number), _ => new MemoryStore());

    /// <summary>Makes a node; it is not started.</summary>
    public TestNode Open(int number, int generation = 1)
    {
        var list = new EditedNodeList(Name(number), _listed);
        var log = new EventLog<NodeListRegistry>();
        var services = new ServiceCollection().AddLogging()
            .AddSingleton(Time)
            .AddSingleton<INodeList>(list)
            .AddSingleton(Network.Of(Name(number)))
            .AddSingleton<IAcceptorStore>(StoreOf(number))
            .AddNodeListMembership($"127.0.0.{number}", allowJump: false)
            .AddSingleton(new NodeIdentity($"127.0.0.{number}", generation))
            .AddSingleton<ILogger<NodeListRegistry>>(log);
        var node = new TestNode(services.BuildServiceProvider(), list, log);
        _running.Add(node);
        return node;
    }

    public async Task<TestNode> StartAsync(int number, int generation = 1)
    {
        var node = Open(number, generation);
        await node.Table.InitializeMembershipTableAsync(true).WaitAsync(TimeSpan.FromMinutes(1));
        return node;
    }

    public async Task StopAsync(TestNode node)
    {
        _running.Remove(node);
        await node.Services.DisposeAsync();
    }

    public void Edit(params int[] numbers)
    {
        _listed = [.. numbers.Select(Name)];
        _running.ForEach(node => node.List.Edit(_listed));
    }

    public ServiceProvider Client() => new ServiceCollection().AddLogging()
        .AddSingleton<INodeList>(new EditedNodeList(null, _listed))
        .AddSingleton(Network.Of(null))
        .AddNodeListGateways()
        .BuildServiceProvider();

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _running)
        {
            await node.Services.DisposeAsync();
        }
    }
}

/// <param name="Services">All of the node.</param>
/// <param name="List">The list as it sees it.</param>
/// <param name="Log">What its registry logs.</param>
internal sealed record TestNode(ServiceProvider Services, EditedNodeList List, EventLog<NodeListRegistry> Log)
{
    public IMembershipTable Table => Services.GetRequiredService<IMembershipTable>();

    public NodeListRegistry Own => Services.GetRequiredService<NodeListRegistry>();

    public INodeRegistry Registry => Services.GetRequiredService<INodeRegistry>();

    public Core.Consensus.Acceptor Acceptor => Services.GetRequiredService<RegisterHost>().Acceptor;
}
