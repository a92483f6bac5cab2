using Microsoft.Extensions.DependencyInjection;
using MimGrains.Operation;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

/// <summary>What an operator's client is told by the cluster, through its gateway silo.</summary>
public sealed class ClusterOperatorTests(TableCluster cluster) : IClassFixture<TableCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private IOperatorGrain Grain => cluster.Cluster.Client.GetGrain<IOperatorGrain>(IOperatorGrain.Key);

    [Fact]
    public async Task All_nodes_hold_the_same_tables()
    {
        var info = await Grain.SystemInfoAsync(CancellationToken.None);
        Assert.Equal(3, info.AvailableNodes.Count);
        Assert.Equal(info.AvailableNodes, info.JoinedNodes);
        Assert.Equal(info.AvailableNodes, info.DiscoveredNodes);
        Assert.Empty(info.ConflictTables);
        Assert.Empty(info.RemoteMissingTables);
        Assert.Equal(info.AvailableNodes, (await Grain.NodesAsync()).Select(node => node.Name));
        Assert.All(await Grain.NodesAsync(), node => Assert.Equal("Active", node.Status));
    }

    [Fact]
    public async Task A_table_that_only_one_silo_has_is_seen_from_both_sides()
    {
        var definition = new TableDefinition<string, string>("alone");
        await cluster.Silos[0].ServiceProvider.GetRequiredService<ITableOperator>().AddAsync(definition);
        var here = await OperatorOf(0).SystemInfoAsync();
        Assert.Equal(["alone"], here.RemoteMissingTables);
        Assert.Equal(2, here.RemoteNodesWithMissingTables.Count);
        var there = await OperatorOf(1).SystemInfoAsync();
        Assert.Equal(["alone"], there.RemoteUnknownTables);
        Assert.Single(there.RemoteNodesWithUnknownTables);
        await cluster.Silos[0].ServiceProvider.GetRequiredService<ITableOperator>().RemoveAsync("alone");
    }

    [Fact]
    public async Task The_tables_of_the_gateway_silo_are_listed()
    {
        var tables = await Grain.TablesAsync();
        Assert.Contains(TableCluster.Names, tables.Select(table => table.Name));
        Assert.All(tables.Where(table => table.Name != "alone"), table => Assert.Equal(2, table.OtherSilos.Count));
    }

    [Fact]
    public async Task Replicas_are_compared_and_a_table_that_is_not_there_is_named()
    {
        await TableCluster.Table<string, string>(cluster.Silos[1], TableCluster.Kept).InsertAsync("verified", "x");
        var found = await Grain.VerifyAsync(TableCluster.Kept, CancellationToken.None);
        Assert.True(found.AreEqual, string.Join(", ", found.DifferingKeys));
        Assert.Equal(3, found.Silos.Count);
        var error = await Assert.ThrowsAsync<KeyNotFoundException>(() => Grain.VerifyAsync("nothing", CancellationToken.None));
        Assert.Contains(TableCluster.Kept, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_are_told_as_text()
    {
        var table = TableCluster.Table<string, string>(cluster.Silos[1], TableCluster.Kept);
        await table.InsertAsync("told", "before");
        var watch = await Grain.BeginWatchAsync(TableCluster.Kept);
        var changes = new List<TableChangeText>();
        while (changes.All(change => change.Kind != TableEventKind.Synced))
        {
            changes.AddRange(await Next(watch));
        }

        Assert.Contains(new TableChangeText(TableEventKind.Listed, "told", Old: null, "before", Owner: null), changes);
        await table.InsertAsync("told", "after");
        while (changes[^1].Key != "told" || changes[^1].Kind != TableEventKind.Updated)
        {
            changes.AddRange(await Next(watch));
        }

        Assert.Equal(new TableChangeText(TableEventKind.Updated, "told", "before", "after", Owner: null), changes[^1]);
        await Grain.EndWatchAsync(watch);
        Assert.Null(await Grain.NextChangesAsync(watch).WaitAsync(Patience));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => Grain.BeginWatchAsync("nothing"));
    }

    [Fact]
    public async Task A_silo_that_is_not_there_or_asked_itself_is_not_evicted()
    {
        Assert.Contains("nobody", (await Assert.ThrowsAsync<KeyNotFoundException>(
            () => OperatorOf(0).EvictAsync("nobody"))).Message, StringComparison.Ordinal);
        var self = cluster.Silos[0].SiloAddress.ToParsableString();
        await Assert.ThrowsAsync<ArgumentException>(() => OperatorOf(0).EvictAsync(self));
    }

    private IClusterOperator OperatorOf(int silo) => cluster.Silos[silo].ServiceProvider.GetRequiredService<IClusterOperator>();

    private async Task<TableChangeText[]> Next(Guid watch) =>
        await Grain.NextChangesAsync(watch).WaitAsync(Patience) ?? throw new InvalidOperationException("The watch has ended.");
}

/// <summary>In a cluster of its own, since a silo is lost.</summary>
public sealed class EvictionTests(TableCluster cluster) : IClassFixture<TableCluster>
{
    [Fact]
    public async Task An_evicted_silo_is_dead_for_the_others_and_its_records_go()
    {
        var names = TableCluster.NamesOf(cluster.Silos[0]);
        await TableCluster.NamesOf(cluster.Silos[2]).InsertAsync("of the evicted", "x");
        await names.InsertAsync("of the first", "y");
        var evicted = cluster.Silos[2].SiloAddress.ToParsableString();
        var asked = cluster.Silos[0].ServiceProvider.GetRequiredService<IClusterOperator>();
        Assert.Equal(evicted, await asked.EvictAsync(evicted));
        await foreach (var change in names.WatchAsync())
        {
            if (change.Kind == TableEventKind.Lost
                || (change.Kind == TableEventKind.Synced && !names.TryGet("of the evicted", out _)))
            {
                break;
            }
        }

        Assert.True(names.TryGet("of the first", out _));
        Assert.DoesNotContain(evicted, asked.Nodes().Select(node => node.Silo));
    }
}
