using MimGrains.Sessions;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>Clusters of real processes that have nothing in common but a text file.</summary>
public sealed class FileClusterTests : IAsyncLifetime
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

        await Eventually.HoldsAsync(
            () => _cluster.HealthAsync(3),
            health => health.Contains("minority", StringComparison.Ordinal)
                && health.Contains("1 of 3 listed nodes answered", StringComparison.Ordinal)
                && health.Contains("is active", StringComparison.Ordinal),
            "node 3 to say that it is in the minority");

        await _cluster.StartAsync(2);
        await Eventually.HoldsAsync(
            () => _cluster.HealthAsync(3),
            health => health.StartsWith("{\"status\":\"Healthy\"", StringComparison.Ordinal),
            "node 3 to be healthy");
        await _cluster.ConnectAsync();
        await AreActiveAsync("2 3");
    }

    [Fact]
    public async Task A_cluster_that_was_killed_as_a_whole_starts_again_in_any_order()
    {
        _cluster.List(1, 2, 3);
        await _cluster.StartAsync(1, 2, 3);
        await Task.WhenAll(_cluster.KillAsync(1), _cluster.KillAsync(2), _cluster.KillAsync(3));

        var first = _cluster.StartAsync(3);
        await Task.WhenAll(first, _cluster.StartAsync(2), _cluster.StartAsync(1));

        await _cluster.ConnectAsync();
        await AreActiveAsync("1 2 3");
        await OpenAsync("alice");
    }

    [Fact]
    public async Task Nodes_that_are_stopped_together_leave_in_good_order()
    {
        _cluster.List(1, 2, 3);
        await _cluster.StartAsync(1, 2, 3);

        // Who is left without the votes of the others is given up by Orleans only after two minutes.
        await Task.WhenAll(_cluster.StopAsync(1), _cluster.StopAsync(2), _cluster.StopAsync(3));
    }

    [Fact]
    public async Task Every_node_is_replaced_one_line_at_a_time_under_load()
    {
        _cluster.List(1, 2, 3);
        await _cluster.StartAsync(1, 2, 3);
        await _cluster.ConnectAsync();
        using var stopping = new CancellationTokenSource();
        var load = new Load(_cluster.Sessions);
        var loading = load.RunAsync(stopping.Token);

        foreach (var (listed, added, removed) in new[]
        {
            (new[] { 4, 2, 3 }, 4, 1), (new[] { 4, 5, 3 }, 5, 2), (new[] { 4, 5, 6 }, 6, 3),
        })
        {
            _cluster.List(listed);
            await _cluster.StartAsync(added);
            await Eventually.HoldsAsync(
                () => _cluster.HealthAsync(added),
                health => health.StartsWith("{\"status\":\"Healthy\"", StringComparison.Ordinal),
                $"node {added} to be healthy");
            await _cluster.StopAsync(removed);
            var opened = load.Opened;
            await Eventually.HoldsAsync(
                () => ValueTask.FromResult(load.Opened),
                now => now >= opened + 50,
                $"50 more sessions after {removed} has left");
        }

        await AreActiveAsync("4 5 6");
        await stopping.CancelAsync();
        await loading;
    }

    private Task AreActiveAsync(string nodes) => Eventually.EqualAsync(nodes, _cluster.ActiveAsync, "active nodes");

    private async Task OpenAsync(string user)
    {
        var key = await _cluster.Sessions.OpenAsync("example.com", user, "phone", Load.Record);
        Assert.NotNull(await _cluster.Sessions.GetAsync(key));
    }

    /// <summary>Opens sessions one after the other; after one that is refused while a node goes, another one.</summary>
    private sealed class Load(ISessionManager sessions)
    {
        public static readonly SessionRecord Record = new() { Priority = 1, Address = "192.0.2.1", Port = 5222 };

        private volatile int _opened;

        public int Opened => _opened;

        public async Task RunAsync(CancellationToken stopping)
        {
            for (var number = 0; !stopping.IsCancellationRequested; number++)
            {
                try
                {
                    await sessions.OpenAsync("load.example.com", $"user{number}", "phone", Record, CancellationToken.None);
                    _opened++;
                }
                catch (Exception exception) when (exception is not OutOfMemoryException)
                {
                    // The node that was asked has left: which errors that may be is not this test's business.
                    await Task.Delay(10, CancellationToken.None);
                }
            }
        }
    }
}
