using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MimGrains.Clustering.NodeList;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;

namespace MimGrains.Clustering.Tests.NodeList;

/// <summary>What the nodes of a list do besides for silos that join and leave.</summary>
public sealed class NodeListSiloTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ListedNodes _nodes = new(3);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _nodes.DisposeAsync().AsTask();

    [Fact]
    public async Task Silos_that_start_at_once_do_not_lose_against_each_other()
    {
        var nodes = await Task.WhenAll(_nodes.StartAsync(1), _nodes.StartAsync(2), _nodes.StartAsync(3));

        foreach (var status in new[] { SiloStatus.Joining, SiloStatus.Active })
        {
            var written = await Task.WhenAll(
                nodes.Select((node, index) => Task.Run(() => WriteAsync(node, index + 1, status)))).WaitAsync(Patience);
            Assert.All(written, Assert.True);
        }
    }

    [Fact]
    public async Task A_silo_that_reserves_a_change_and_dies_is_not_waited_for_long()
    {
        var nodes = await Task.WhenAll(_nodes.StartAsync(1), _nodes.StartAsync(2), _nodes.StartAsync(3));
        await nodes[0].Table.ReadAllAsync();
        await _nodes.StopAsync(nodes[0]);

        var watch = Stopwatch.StartNew();
        Assert.True(await WriteAsync(nodes[1], 2, SiloStatus.Joining));
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(450), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Silos_that_join_bury_an_active_one_whose_node_stays_away_after_all_were_killed()
    {
        var time = new FakeTimeProvider();
        _nodes.Time = time;
        using var started = new CancellationTokenSource();
        var ticking = TickAsync(time, started.Token);
        var killed = await Task.WhenAll(_nodes.StartAsync(1), _nodes.StartAsync(2), _nodes.StartAsync(3));
        for (var number = 1; number <= 3; number++)
        {
            Assert.True(await WriteAsync(killed[number - 1], number, SiloStatus.Active));
        }

        foreach (var node in killed)
        {
            await _nodes.StopAsync(node);
        }

        var nodes = await Task.WhenAll(_nodes.StartAsync(1, 2), _nodes.StartAsync(2, 2));
        Assert.True(await WriteAsync(nodes[0], 1, SiloStatus.Joining, 2));
        Assert.Equal(SiloStatus.Active, await StatusAsync(nodes[0], Silo(3, 1)));

        Assert.Contains("127.0.0.1:11003@1", await nodes[0].Log.NextAsync(ClusteringEventId.SilentSiloBuried), StringComparison.Ordinal);
        Assert.Equal(SiloStatus.Dead, await StatusAsync(nodes[0], Silo(3, 1)));
        await started.CancelAsync();
        await ticking;
    }

    [Fact]
    public async Task Silos_that_join_bury_nobody_while_an_active_one_is_there()
    {
        var time = new FakeTimeProvider();
        _nodes.Time = time;
        using var started = new CancellationTokenSource();
        var ticking = TickAsync(time, started.Token);
        var nodes = await Task.WhenAll(_nodes.StartAsync(1), _nodes.StartAsync(2), _nodes.StartAsync(3));
        Assert.True(await WriteAsync(nodes[0], 1, SiloStatus.Active));
        Assert.True(await WriteAsync(nodes[2], 3, SiloStatus.Active));
        await _nodes.StopAsync(nodes[2]);
        Assert.True(await WriteAsync(nodes[1], 2, SiloStatus.Joining));

        var since = time.GetTimestamp();
        while (time.GetElapsedTime(since) < TimeSpan.FromSeconds(30))
        {
            await nodes[0].Table.ReadAllAsync();
        }

        Assert.Equal(SiloStatus.Active, await StatusAsync(nodes[0], Silo(3, 1)));
        await started.CancelAsync();
        await ticking;
    }

    [Fact]
    public async Task A_node_that_leaves_without_a_quorum_does_not_try_for_long()
    {
        var nodes = await Task.WhenAll(_nodes.StartAsync(1), _nodes.StartAsync(2));
        Assert.True(await WriteAsync(nodes[0], 1, SiloStatus.Active));
        await _nodes.StopAsync(nodes[1]);

        await nodes[0].Own.SayLeavingAsync();

        var options = nodes[0].Services.GetRequiredService<IOptions<ClusterMembershipOptions>>().Value;
        Assert.Equal(TimeSpan.FromMilliseconds(1), options.MaxJoinAttemptTime);
        await nodes[0].Log.NextAsync(ClusteringEventId.LeavesAlone);
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<NoQuorumException>(() => nodes[0].Table.ReadAllAsync());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(4));
    }

    private static async Task TickAsync(FakeTimeProvider time, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(1, CancellationToken.None);
        }
    }

    private static async Task<bool> WriteAsync(TestNode node, int number, SiloStatus status, int generation = 1)
    {
        var silo = Silo(number, generation);
        silo.Status = status;
        var data = await node.Table.ReadAllAsync();
        return data.TryGet(silo.SiloAddress) is { } found
            ? await node.Table.UpdateRowAsync(silo, found.Item2, data.Version.Next())
            : await node.Table.InsertRowAsync(silo, data.Version.Next());
    }

    private static async Task<SiloStatus> StatusAsync(TestNode node, MembershipEntry silo) =>
        (await node.Table.ReadAllAsync()).TryGet(silo.SiloAddress)!.Item1.Status;

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
}
