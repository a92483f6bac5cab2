using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MimGrains.Sessions;
using Xunit.Abstractions;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>Listed nodes whose network is cut, each in a network namespace of its own.</summary>
[Trait("Category", "Chaos")]
public sealed class PartitionTests(ITestOutputHelper output)
{
    private const int DeclaredDead = 3;

    [NetworkFact]
    public async Task The_minority_serves_and_says_so_the_majority_goes_on_and_the_healed_node_comes_back()
    {
        using var network = new PrivateNetwork(3);
        await using var cluster = new FileCluster(network);
        cluster.List(1, 2, 3);
        await cluster.StartAsync(1, 2, 3);
        await cluster.ConnectAsync();
        await cluster.AreActiveAsync("1 2 3");
        using var first = await cluster.ConnectToAsync(1);
        using var third = await cluster.ConnectToAsync(3);
        var key = await SessionsOf(first).OpenAsync("example.com", "alice", "phone", FileLoad.Record);

        var watch = Stopwatch.StartNew();
        network.Cut(3);
        await cluster.SaysAsync(3, "minority", "1 of 3 listed nodes answered", "is active");
        output.WriteLine($"The minority said so after {watch.Elapsed.TotalSeconds:0.0} s.");
        await cluster.AreActiveAsync("1 2", first);
        output.WriteLine($"The majority has declared it dead after {watch.Elapsed.TotalSeconds:0.0} s.");
        await using (var load = FileLoad.Start(SessionsOf(first)))
        {
            await load.MoreAsync(50);
        }

        // It reads what it has. Had it declared the first one dead, that one's session would be gone.
        Assert.NotNull(await SessionsOf(third).GetAsync(key));
        await cluster.SaysAsync(3, "minority", "is active");
        await cluster.AreHealthyAsync(1, 2);

        watch.Restart();
        network.Heal(3);
        Assert.Equal(DeclaredDead, await cluster[3].Exited.WaitAsync(Eventually.Patience));
        output.WriteLine($"The healed one has ended after {watch.Elapsed.TotalSeconds:0.0} s.");
        await cluster.StartAsync(3);
        await cluster.AreActiveAsync("1 2 3");
    }

    [NetworkFact]
    public async Task A_node_that_is_cut_off_for_a_moment_goes_on_as_if_nothing_had_been()
    {
        using var network = new PrivateNetwork(3);
        await using var cluster = new FileCluster(network);
        cluster.List(1, 2, 3);
        await cluster.StartAsync(1, 2, 3);
        await cluster.ConnectAsync();
        await cluster.AreActiveAsync("1 2 3");

        network.Cut(3);
        await Task.Delay(TimeSpan.FromSeconds(1));
        network.Heal(3);

        await cluster.AreHealthyAsync(1, 2, 3);
        await using var load = FileLoad.Start(cluster.Sessions);
        await load.MoreAsync(50);
        await cluster.AreActiveAsync("1 2 3");
        Assert.False(cluster[3].Exited.IsCompleted);
    }

    [NetworkFact]
    public async Task A_cluster_starts_while_a_listed_machine_is_away_and_answers_nothing()
    {
        using var network = new PrivateNetwork(3);
        await using var cluster = new FileCluster(network);
        cluster.List(1, 2, 3);
        network.Cut(3);

        var watch = Stopwatch.StartNew();
        await cluster.StartAsync(1, 2);
        Timing.AtMost(TimeSpan.FromSeconds(12), watch.Elapsed, "Two of three are ready", output);
        await cluster.ConnectAsync();
        await cluster.AreActiveAsync("1 2");
    }

    private static ISessionManager SessionsOf(IHost client) => client.Services.GetRequiredService<ISessionManager>();
}
