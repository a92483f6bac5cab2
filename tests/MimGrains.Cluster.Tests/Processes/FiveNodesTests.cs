using System.Diagnostics;
using Xunit.Abstractions;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>Five listed nodes, of which any two may be away.</summary>
[Trait("Category", "Chaos")]
public sealed class FiveNodesTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int DeclaredDead = 3;

    private readonly FileCluster _cluster = new();

    public async Task InitializeAsync()
    {
        _cluster.List(1, 2, 3, 4, 5);
        await _cluster.StartAsync(1, 2, 3, 4, 5);
        await _cluster.ConnectAsync();
        await _cluster.AreActiveAsync("1 2 3 4 5");
    }

    public Task DisposeAsync() => _cluster.DisposeAsync().AsTask();

    [Fact]
    public async Task The_first_listed_dies_then_another_and_one_stands_still_and_all_come_back()
    {
        await using var load = FileLoad.Start(_cluster.Sessions);
        await load.MoreAsync(50);
        var watch = Stopwatch.StartNew();
        await _cluster.KillAsync(1);
        await _cluster.AreActiveAsync("2 3 4 5");
        output.WriteLine($"The first listed was declared dead after {watch.Elapsed.TotalSeconds:0.0} s.");
        await _cluster.KillAsync(4);
        await _cluster.AreActiveAsync("2 3 5");
        await load.MoreAsync(50);
        await _cluster.AreHealthyAsync(2, 3, 5);

        await _cluster.StartAsync(1, 4);
        await _cluster.AreActiveAsync("1 2 3 4 5");

        watch.Restart();
        _cluster[2].Freeze();
        await _cluster.AreActiveAsync("1 3 4 5");
        output.WriteLine($"The frozen one was declared dead after {watch.Elapsed.TotalSeconds:0.0} s.");
        await load.MoreAsync(50);
        _cluster[2].Continue();
        Assert.Equal(DeclaredDead, await _cluster[2].Exited.WaitAsync(Eventually.Patience));
        await _cluster.StartAsync(2);
        await _cluster.AreActiveAsync("1 2 3 4 5");
        await load.MoreAsync(50);
    }

    [Fact]
    public async Task A_minority_that_is_killed_at_once_is_declared_dead_by_the_rest()
    {
        await Task.WhenAll(_cluster.KillAsync(1), _cluster.KillAsync(2));
        await _cluster.AreActiveAsync("3 4 5");
        await _cluster.AreHealthyAsync(3, 4, 5);
        await _cluster.StartAsync(2, 1);
        await _cluster.AreActiveAsync("1 2 3 4 5");
    }

    /// <summary>Two of five by default, all of them with <c>MIMGRAINS_LONG=1</c>.</summary>
    [Fact]
    public async Task Nodes_are_restarted_one_by_one_under_load_and_no_quorum_is_ever_lost()
    {
        await using var load = FileLoad.Start(_cluster.Sessions);
        int[] restarted = Environment.GetEnvironmentVariable("MIMGRAINS_LONG") == "1" ? [1, 2, 3, 4, 5] : [1, 4];
        foreach (var node in restarted)
        {
            await _cluster.StopAsync(node);
            await load.MoreAsync(20);
            await _cluster.StartAsync(node);
            await load.MoreAsync(20);
        }

        await _cluster.AreActiveAsync("1 2 3 4 5");
        Assert.All([1, 2, 3, 4, 5], node => Assert.DoesNotContain(
            "Discovery does not work", _cluster[node].Output.Tail(5_000), StringComparison.Ordinal));
    }
}
