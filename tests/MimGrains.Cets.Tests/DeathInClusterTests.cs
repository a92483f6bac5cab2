using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

/// <summary>What a silo that dies leaves behind for the others: one cluster, of which a silo is killed.</summary>
public sealed class DeathInClusterTests : IAsyncLifetime
{
    private readonly TableCluster _cluster = new();

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Every_survivor_runs_the_handler_with_the_records_of_the_dead_and_its_pauses_are_lifted()
    {
        var survivors = _cluster.Silos.Take(2).ToList();
        var victim = _cluster.Silos[2];
        var dead = victim.SiloAddress.ToParsableString();
        await Handled(victim).InsertManyAsync([new("of the dead 1", "x"), new("of the dead 2", "x")]);
        await Handled(survivors[0]).InsertAsync("of a survivor", "x");
        await victim.ServiceProvider.GetRequiredService<ITableOperator>().PauseAsync(TableCluster.Names, "the dead");
        var paused = TableCluster.NamesOf(survivors[0]).InsertAsync("paused", "x");

        await _cluster.Cluster.KillSiloAsync(victim);
        await paused.WaitAsync(TimeSpan.FromSeconds(30));
        foreach (var survivor in survivors)
        {
            var name = survivor.SiloAddress.ToParsableString();
            await UntilAsync(() => Handled(survivors[0]).TryGet(name, out _));
            Assert.True(Handled(survivors[0]).TryGet(name, out var told));
            Assert.Equal($"{dead}: of the dead 1, of the dead 2", told);
            var info = await survivor.ServiceProvider.GetRequiredService<ITableOperator>().InfoAsync(TableCluster.Handled);
            var entry = Assert.Single(info.NodeDownHistory);
            Assert.Equal((dead, 2L), (entry.Silo, entry.Removed));
            Assert.DoesNotContain(dead, info.OtherSilos);
        }
    }

    private static IReplicatedTable<string, string> Handled(Orleans.TestingHost.InProcessSiloHandle silo) =>
        TableCluster.Table<string, string>(silo, TableCluster.Handled);

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            await Task.Delay(20, late.Token);
        }
    }
}
