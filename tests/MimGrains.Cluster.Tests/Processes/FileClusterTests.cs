using System.Diagnostics;
using Xunit.Abstractions;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>Clusters of real processes that have nothing in common but a text file.</summary>
public sealed class FileClusterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly FileCluster _cluster = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _cluster.DisposeAsync().AsTask();

    [Fact]
    public async Task Three_nodes_started_together_outlive_the_first_listed_and_take_it_back()
    {
        _cluster.List(1, 2, 3);
        await _cluster.StartAsync(1, 2, 3);
        await _cluster.ConnectAsync();
        await AreActiveAsync("1 2 3");

        await _cluster.KillAsync(1);
        await AreActiveAsync("2 3");
        await OpenAsync("alice");

        await _cluster.StartAsync(1);
        await AreActiveAsync("1 2 3");
    }

    [Fact]
    public async Task A_minority_serves_says_that_it_is_one_and_comes_back()
    {
        _cluster.List(1, 2, 3);
        await _cluster.StartAsync(1, 2, 3);
        await _cluster.KillAsync(1);
        await _cluster.KillAsync(2);

        await _cluster.SaysAsync(3, "minority", "1 of 3 listed nodes answered", "is active");

        await _cluster.StartAsync(2);
        await _cluster.AreHealthyAsync(3);
        await _cluster.ConnectAsync();
        await AreActiveAsync("2 3");
    }

    [Fact]
    public async Task A_cluster_that_was_killed_as_a_whole_starts_again_in_any_order_without_one_that_is_lost()
    {
        _cluster.List(1, 2, 3);
        await _cluster.StartAsync(1, 2, 3);
        await Task.WhenAll(_cluster.KillAsync(1), _cluster.KillAsync(2), _cluster.KillAsync(3));

        // The last silo of the third is active in the table, and does not answer; those that start have to notice.
        var watch = Stopwatch.StartNew();
        var third = _cluster.StartAsync(3);
        await Task.WhenAll(third, _cluster.StartAsync(2));
        Timing.AtMost(TimeSpan.FromSeconds(20), watch.Elapsed, "Two of three nodes are ready again", output);
        await _cluster.ConnectAsync();
        await AreActiveAsync("2 3");
        await Task.WhenAll(_cluster.KillAsync(3), _cluster.KillAsync(2));

        watch.Restart();
        await _cluster.StartAsync(3, 2, 1);
        Timing.AtMost(TimeSpan.FromSeconds(10), watch.Elapsed, "All nodes are ready again", output);
        await AreActiveAsync("1 2 3");
        await OpenAsync("alice");
    }

    [Fact]
    public async Task Nodes_that_are_stopped_together_leave_in_good_order()
    {
        _cluster.List(1, 2, 3);
        await _cluster.StartAsync(1, 2, 3);

        await Task.WhenAll(_cluster.StopAsync(1), _cluster.StopAsync(2), _cluster.StopAsync(3));

        // Who is left without the votes of the others says so.
        Assert.All([1, 2, 3], node => Assert.DoesNotContain(
            "cannot say so", _cluster[node].Output.Tail(5_000), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_node_that_is_left_alone_stops_soon_without_the_votes_of_the_others()
    {
        _cluster.List(1, 2, 3);
        await _cluster.StartAsync(1, 2, 3);
        await Task.WhenAll(_cluster.KillAsync(1), _cluster.KillAsync(2));

        var watch = Stopwatch.StartNew();
        await _cluster.StopAsync(3);
        Timing.AtMost(TimeSpan.FromSeconds(20), watch.Elapsed, "The node that was left alone has stopped", output);
        Assert.Contains("cannot say so", _cluster[3].Output.Tail(5_000), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edits_of_the_list_under_load_disturb_nobody_and_mistakes_are_told()
    {
        _cluster.List(1, 2, 3);
        await _cluster.StartAsync(1, 2, 3);
        await _cluster.ConnectAsync();
        await using var load = FileLoad.Start(_cluster.Sessions);

        _cluster.Write("# ours", _cluster.LineOf(1), _cluster.LineOf(2), "mim4-without-a-host", _cluster.LineOf(3));
        await _cluster[2].WaitForLineAsync(
            line => line.Contains("line 4: \"mim4-without-a-host\"", StringComparison.Ordinal), Eventually.Patience);
        await load.MoreAsync(50);
        await _cluster.AreHealthyAsync(1, 2, 3);

        File.Delete(_cluster.ListFile);
        await _cluster.SaysAsync(2, "\"status\":\"Degraded\"", _cluster.ListFile);
        await load.MoreAsync(50);
        await AreActiveAsync("1 2 3");

        // One that is not there yet is taken up as any other, and missed by nobody.
        _cluster.List(1, 2, 3, 4);
        await _cluster[2].WaitForLineAsync(
            line => line.Contains("names 4 nodes", StringComparison.Ordinal), Eventually.Patience);
        await load.MoreAsync(50);
        await _cluster.AreHealthyAsync(1, 2, 3);
        _cluster.List(1, 2, 3);
        await load.MoreAsync(50);
        await AreActiveAsync("1 2 3");
        Assert.Equal(0, load.Refused);
    }

    [Fact]
    public async Task Every_node_is_replaced_one_line_at_a_time_under_load()
    {
        _cluster.List(1, 2, 3);
        await _cluster.StartAsync(1, 2, 3);
        await _cluster.ConnectAsync();
        await using var load = FileLoad.Start(_cluster.Sessions);

        foreach (var (listed, added, removed) in new[]
        {
            (new[] { 4, 2, 3 }, 4, 1), (new[] { 4, 5, 3 }, 5, 2), (new[] { 4, 5, 6 }, 6, 3),
        })
        {
            _cluster.List(listed);
            await _cluster.StartAsync(added);
            await _cluster.AreHealthyAsync(added);
            await _cluster.StopAsync(removed);
            await load.MoreAsync(50);
        }

        await AreActiveAsync("4 5 6");
    }

    private Task AreActiveAsync(string nodes) => _cluster.AreActiveAsync(nodes);

    private async Task OpenAsync(string user)
    {
        var key = await _cluster.Sessions.OpenAsync("example.com", user, "phone", FileLoad.Record);
        Assert.NotNull(await _cluster.Sessions.GetAsync(key));
    }
}
