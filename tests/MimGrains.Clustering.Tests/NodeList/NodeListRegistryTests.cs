using Microsoft.Extensions.DependencyInjection;
using System.Net;
using MimGrains.Clustering.NodeList;
using Orleans;
using Orleans.Runtime;

namespace MimGrains.Clustering.Tests.NodeList;

/// <summary>Nodes that start, go, lose their disks and are replaced, as their registries and tables show it.</summary>
public sealed class NodeListRegistryTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ListedNodes _nodes = new(3);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _nodes.DisposeAsync().AsTask();

    [Fact]
    public async Task A_node_waits_for_a_quorum_and_says_who_is_there()
    {
        var first = _nodes.Open(1);
        var starting = first.Table.InitializeMembershipTableAsync(true);

        Assert.Equal(
            "waiting for 2 of 3 listed nodes; reachable: mim1@127.0.0.1",
            await first.Log.NextAsync(ClusteringEventId.WaitingForNodes));
        Assert.False(starting.IsCompleted);
        Assert.Contains(
            "1 of 3 listed nodes answered: mim1@127.0.0.1; mim2@127.0.0.2: connection refused",
            first.Registry.Problem,
            StringComparison.Ordinal);

        await _nodes.StartAsync(3);
        await starting.WaitAsync(Patience);
        Assert.True(first.Registry.DiscoveryWorks, first.Registry.Problem);
    }

    [Fact]
    public async Task Nodes_that_start_at_once_get_different_numbers()
    {
        var nodes = await Task.WhenAll(_nodes.StartAsync(1), _nodes.StartAsync(2), _nodes.StartAsync(3));

        Assert.Equal([1, 2, 3], nodes.Select(node => node.Registry.NodeNumber!.Value).Order());
    }

    [Fact]
    public async Task A_restarted_node_keeps_its_number_and_its_older_silo_is_dead()
    {
        var (first, second) = (await StartTwoAsync(), _nodes.Open(3));
        await second.Table.InitializeMembershipTableAsync(true).WaitAsync(Patience);
        var number = second.Registry.NodeNumber;
        Assert.True(await InsertAsync(second, Silo(3, 1)));
        await _nodes.StopAsync(second);

        var again = await _nodes.StartAsync(3, generation: 2);

        Assert.Equal(number, again.Registry.NodeNumber);
        Assert.Equal(SiloStatus.Dead, (await first.Table.ReadAllAsync()).Members.Single().Item1.Status);
    }

    [Fact]
    public async Task A_node_that_is_cut_off_says_so_fails_in_time_and_comes_back_by_itself()
    {
        var first = await StartTwoAsync();
        var third = await _nodes.StartAsync(3);
        Assert.True(await InsertAsync(first, Silo(1, 1)));
        _nodes.Network.Cut(ListedNodes.Name(3));

        var error = await Assert.ThrowsAsync<NoQuorumException>(() => third.Table.ReadAllAsync()).WaitAsync(Patience);

        Assert.StartsWith(
            "no quorum: 1 of 3 listed nodes answered: mim3@127.0.0.3; ", error.Message, StringComparison.Ordinal);
        var said = await third.Log.NextAsync(ClusteringEventId.MinorityOrListProblem);
        Assert.Contains("minority", said, StringComparison.Ordinal);
        Assert.False(third.Registry.DiscoveryWorks);
        Assert.True(await InsertAsync(first, Silo(2, 1)));

        _nodes.Network.Heal();
        await third.Log.NextAsync(ClusteringEventId.QuorumWorksAgain);
        Assert.Equal(2, (await third.Table.ReadAllAsync()).Members.Count);
    }

    [Fact]
    public async Task Every_node_can_be_replaced_one_line_at_a_time()
    {
        var started = await Task.WhenAll(_nodes.StartAsync(1), _nodes.StartAsync(2), _nodes.StartAsync(3));
        Queue<TestNode> running = new(started);
        Assert.True(await InsertAsync(started[0], Silo(1, 1)));

        foreach (var listed in new int[][] { [4, 2, 3], [4, 5, 3], [4, 5, 6] })
        {
            _nodes.Edit(listed);
            var added = await _nodes.StartAsync(listed.Max());
            await Eventually(() => Deciding(added).SequenceEqual(listed.Select(ListedNodes.Name)));
            await _nodes.StopAsync(running.Dequeue());
            running.Enqueue(added);
        }

        Assert.Single((await running.Peek().Table.ReadAllAsync()).Members);
    }

    [Fact]
    public async Task A_list_without_a_quorum_of_the_old_one_counts_once_it_is_confirmed()
    {
        int[] jump = [3, 4, 5, 6, 7];
        var first = (await Task.WhenAll(_nodes.StartAsync(1), _nodes.StartAsync(2), _nodes.StartAsync(3)))[0];
        Assert.True(await InsertAsync(first, Silo(1, 1)));
        _nodes.Edit(jump);
        var added = jump[1..].Select(number => _nodes.StartAsync(number)).ToArray();
        Assert.True(await InsertAsync(first, Silo(2, 1)));
        Assert.Equal(Enumerable.Range(1, 3).Select(ListedNodes.Name), Deciding(first));

        var confirmed = first.Services.GetRequiredService<INodeListConfirmation>().Confirm();
        Assert.Equal(jump.Select(number => $"{ListedNodes.Name(number)}"), confirmed);
        Assert.True(await InsertAsync(first, Silo(3, 1)));
        var joined = await Task.WhenAll(added).WaitAsync(Patience);
        await Eventually(() => Deciding(joined[0]).SequenceEqual(jump.Select(ListedNodes.Name)));
        Assert.Equal(3, (await joined[0].Table.ReadAllAsync()).Members.Count);
    }

    [Fact]
    public async Task A_node_that_lost_its_disk_gets_its_vote_back_from_the_others()
    {
        await StartTwoAsync();
        var third = await _nodes.StartAsync(3);
        Assert.True(await InsertAsync(third, Silo(3, 1)));
        await _nodes.StopAsync(third);
        _nodes.StoreOf(3).Lose();

        var again = await _nodes.StartAsync(3, generation: 2);
        await Eventually(() => again.Acceptor.Value?.Configuration is { Next: null } configuration
            && configuration.Members[2].Store == again.Acceptor.Store);

        // Its vote counts: with another one away it is needed.
        _nodes.Network.Cut(ListedNodes.Name(2));
        Assert.True(await InsertAsync(again, Silo(3, 2)));
    }

    [Fact]
    public async Task A_node_that_is_not_listed_says_so_and_waits()
    {
        await StartTwoAsync();
        var stranger = _nodes.Open(7);
        var starting = stranger.Table.InitializeMembershipTableAsync(true);

        Assert.Contains(
            "mim7@127.0.0.7, is not in its own node list",
            await stranger.Log.NextAsync(ClusteringEventId.NotListed),
            StringComparison.Ordinal);
        Assert.False(starting.IsCompleted);

        _nodes.Edit(1, 2, 3, 7);
        await starting.WaitAsync(Patience);
        Assert.Equal(3, stranger.Registry.NodeNumber);
    }

    [Fact]
    public async Task A_node_whose_disk_is_full_has_no_vote_and_the_others_go_on()
    {
        var first = await StartTwoAsync();
        await _nodes.StartAsync(3);
        _nodes.StoreOf(3).IsBroken = true;
        Assert.True(await InsertAsync(first, Silo(1, 1)));

        _nodes.Network.Cut(ListedNodes.Name(2));
        var inserting = InsertAsync(first, Silo(2, 1)).WaitAsync(Patience);
        var error = await Assert.ThrowsAsync<NoQuorumException>(() => inserting);
        Assert.Contains("mim3@127.0.0.3: ", error.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<Core.Identity.NodeName> Deciding(TestNode node) =>
        node.Acceptor.Value?.Configuration is { Next: null } configuration ? configuration.Nodes : [];

    private static async Task Eventually(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private static async Task<bool> InsertAsync(TestNode node, MembershipEntry silo) =>
        await node.Table.InsertRowAsync(silo, (await node.Table.ReadAllAsync()).Version.Next());

    private static MembershipEntry Silo(int number, int generation) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, 11_000 + number, generation),
        SiloName = ListedNodes.Name(number).Value,
        HostName = "localhost",
        Status = SiloStatus.Active,
        ProxyPort = 30_000 + number,
        StartTime = DateTime.UtcNow,
        IAmAliveTime = DateTime.UtcNow,
    };

    private async Task<TestNode> StartTwoAsync()
    {
        var nodes = await Task.WhenAll(_nodes.StartAsync(1), _nodes.StartAsync(2));
        return nodes[0];
    }
}
