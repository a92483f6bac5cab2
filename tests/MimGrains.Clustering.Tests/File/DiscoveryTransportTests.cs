using System.Net;
using System.Net.Sockets;
using MimGrains.Clustering.NodeList;
using MimGrains.Core.Identity;

namespace MimGrains.Clustering.Tests;

/// <summary>Calls between nodes over loopback.</summary>
public sealed class DiscoveryTransportTests
{
    [Fact]
    public async Task Nodes_with_one_secret_answer_each_other()
    {
        await using var a = await Discovery.StartAsync("a@h1");
        await using var b = await Discovery.StartAsync("b@h2");

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(
            i => i % 2 == 0 ? a.CallAsync(b, $"call {i}") : b.CallAsync(a, $"call {i}")));

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"CALL {i}"), answers);
    }

    [Fact]
    public async Task A_wrong_secret_is_refused_and_told_on_both_sides_once_a_minute()
    {
        var time = new SteppedTime();
        await using var b = await Discovery.StartAsync("b@h2", time: time);
        await using var stranger = Discovery.Caller(secret: "another cookie of some length", time: time);

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("wrong secret: a@h1 has another secret than this node (b@h2)", await stranger.FailAsync(b.Listed));
        }

        Assert.Contains("127.0.0.1: a@h1 has another secret than this node (b@h2) (0 more", Assert.Single(b.Log.Take(ClusteringEventId.CallerRefused)), StringComparison.Ordinal);
        Assert.Contains("b@h2 at 127.0.0.1", Assert.Single(stranger.Log.Take(ClusteringEventId.RefusedByNode)), StringComparison.Ordinal);

        time.Advance(TimeSpan.FromMinutes(1));
        await stranger.FailAsync(b.Listed);
        Assert.Contains("(4 more", Assert.Single(b.Log.Take(ClusteringEventId.CallerRefused)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_cluster_is_refused_and_named_on_both_sides()
    {
        await using var b = await Discovery.StartAsync("b@h2");
        await using var green = Discovery.Caller(cluster: "green");

        Assert.Equal("other cluster: a@h1 is of cluster green, this node of cluster blue", await green.FailAsync(b.Listed));

        Assert.Contains("a@h1 is of cluster green, this node of cluster blue", Assert.Single(b.Log.Take(ClusteringEventId.CallerRefused)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_node_than_the_list_says_is_named()
    {
        await using var b = await Discovery.StartAsync("b@h2");
        await using var a = Discovery.Caller();

        Assert.Equal("other node: a@h1 looks for c@h3; this node is b@h2", await a.FailAsync(b.Listed with { Name = new NodeName("c@h3") }));
    }

    [Fact]
    public async Task A_port_that_nobody_listens_on_is_told_at_once()
    {
        await using var b = await Discovery.StartAsync("b@h2");
        var listed = b.Listed;
        await b.DisposeAsync();
        await using var a = Discovery.Caller();

        Assert.Equal("connection refused", await a.FailAsync(listed));
        Assert.Equal("host name not found", await a.FailAsync(listed with { Host = "no-such-host.invalid" }));
    }

    [Fact]
    public async Task A_call_follows_a_restart_of_the_other_side_at_once()
    {
        await using var a = Discovery.Caller();
        var b = await Discovery.StartAsync("b@h2");
        var listed = b.Listed;
        Assert.Equal("ONE", await a.CallAsync(listed, "one"));

        await b.DisposeAsync();
        Assert.Equal("connection refused", await a.FailAsync(listed));
        Assert.Equal("connection refused", await a.FailAsync(listed));

        await using var again = await Discovery.StartAsync("b@h2", port: listed.DiscoveryPort);
        Assert.Equal("TWO", await a.CallAsync(listed, "two", TimeSpan.FromSeconds(10)));
        Assert.Empty(again.Log.Take(ClusteringEventId.CallerRefused));
    }

    [Fact]
    public async Task A_node_that_has_moved_is_called_at_its_new_place()
    {
        await using var a = Discovery.Caller();
        await using var before = await Discovery.StartAsync("b@h2");
        await a.CallAsync(before, "one");

        await using var after = await Discovery.StartAsync("b@h2", handler: (_, _) => ValueTask.FromResult("moved"u8.ToArray()));

        Assert.Equal("moved", await a.CallAsync(after, "two"));
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_refused_in_both_directions()
    {
        await using var b = await Discovery.StartAsync(
            "b@h2", handler: (request, _) => ValueTask.FromResult(new byte[request.Length < 10 ? DiscoveryProtocol.MessageMaxBytes + 1 : 1]));
        await using var a = Discovery.Caller();

        Assert.StartsWith("message too large", await a.FailAsync(b.Listed, new string('x', DiscoveryProtocol.MessageMaxBytes)), StringComparison.Ordinal);
        Assert.StartsWith("message too large", await a.FailAsync(b.Listed, "short"), StringComparison.Ordinal);
        Assert.Equal("\0", await a.CallAsync(b, new string('x', DiscoveryProtocol.MessageMaxBytes - 1_000)));
    }

    [Fact]
    public async Task A_peer_that_accepts_and_says_nothing_costs_only_the_time_limit()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var a = Discovery.Caller();
        var listed = new ListedNode(new NodeName("b@h2"), "127.0.0.1", 1, 2, ((IPEndPoint)silent.LocalEndpoint).Port);

        Assert.Equal("no answer in time", await a.FailAsync(listed, limit: TimeSpan.FromMilliseconds(300)));
    }

    [Fact]
    public async Task A_handler_that_takes_too_long_is_cancelled()
    {
        var cancelled = new TaskCompletionSource();
        await using var b = await Discovery.StartAsync("b@h2", handler: async (_, token) =>
        {
            using var registration = token.Register(cancelled.SetResult);
            await Task.Delay(Timeout.Infinite, token);
            return [];
        });
        await using var a = Discovery.Caller();

        Assert.Equal("no answer in time", await a.FailAsync(b.Listed, limit: TimeSpan.FromMilliseconds(500)));

        await cancelled.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_handler_that_fails_is_told_to_the_caller()
    {
        await using var b = await Discovery.StartAsync("b@h2", handler: (_, _) => throw new InvalidOperationException("the disk is full"));
        await using var a = Discovery.Caller();

        Assert.Equal("failed: the disk is full", await a.FailAsync(b.Listed));
        Assert.Single(b.Log.Take(ClusteringEventId.RequestFailed));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_an_error_of_the_start()
    {
        await using var b = await Discovery.StartAsync("b@h2");

        var error = await Assert.ThrowsAsync<IOException>(() => Discovery.StartAsync("c@h3", port: b.Listed.DiscoveryPort));

        Assert.Contains("address already in use", error.Message, StringComparison.OrdinalIgnoreCase);
    }
}
