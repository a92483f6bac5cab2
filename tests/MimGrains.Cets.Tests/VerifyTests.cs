using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cets.Tables;
using MimGrains.Cets.Verify;
using MimGrains.Core.Replication;
using MimGrains.Tables;
using Orleans.TestingHost;

namespace MimGrains.Cets.Tests;

public sealed class VerifyTests(TableCluster cluster) : IClassFixture<TableCluster>
{
    [Fact]
    public async Task Replicas_are_equal_while_writers_go_on()
    {
        using var stop = new CancellationTokenSource();
        var writers = cluster.Silos.SelectMany(silo => Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            var table = TableCluster.Table<string, string>(silo, TableCluster.Kept);
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var key = $"verify-{i % 500}";
                await (i % 7 == 0 ? table.DeleteAsync(key) : table.InsertAsync(key, $"{writer}-{i}"));
            }
        }))).ToList();
        try
        {
            for (var i = 0; i < 20; i++)
            {
                var silo = cluster.Silos[i % cluster.Silos.Count];
                var found = await TableCluster.Table<string, string>(silo, TableCluster.Kept).VerifyAsync();
                Assert.True(found.AreEqual, string.Join("\n", found.Differences) + string.Join("\n", found.NotCompared));
                Assert.Equal(cluster.Silos.Count, found.Silos.Count);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(writers);
        }
    }

    [Fact]
    public async Task A_record_that_one_silo_has_lost_is_named_and_put_back()
    {
        var (damaged, other) = (cluster.Silos[1], cluster.Silos[2]);
        var table = TableCluster.NamesOf(other);
        await table.InsertManyAsync([.. Enumerable.Range(0, 3_000).Select(i => new TableEntry<string, string>($"lost-{i}", $"{i}"))]);
        Lose(damaged, "lost-7", "lost-8");

        var found = await table.VerifyAsync();
        Assert.Equal(["lost-7", "lost-8"], found.Differences.Select(difference => difference.Key).Order());
        var held = found.Differences[0].Held.Single(held => held.Silo == AddressOf(damaged));
        Assert.Equal(HeldState.Nothing, held.State);
        Assert.False(found.AreEqual);

        Assert.Equal(2, await MendAsync(other));
        Assert.True(TableCluster.NamesOf(damaged).TryGet("lost-7", out var record));
        Assert.Equal("7", record);
        Assert.True((await table.VerifyAsync()).AreEqual);
    }

    [Fact]
    public void A_period_that_is_too_short_is_refused()
    {
        var options = new ReplicationOptions { VerifyPeriod = TimeSpan.FromMilliseconds(10) };

        Assert.Contains("VerifyPeriod", new VerifyPeriodValidator().Validate(null, options).FailureMessage, StringComparison.Ordinal);
        Assert.True(new VerifyPeriodValidator().Validate(null, new ReplicationOptions { VerifyPeriod = TimeSpan.Zero }).Succeeded);
    }

    private static void Lose(InProcessSiloHandle silo, params string[] keys)
    {
        var host = silo.ServiceProvider.GetRequiredService<TableCatalog>().Find(TableCluster.Names)!;
        Assert.All(keys, key => Assert.True(host.Locked(replica =>
            ((TableReplica<string, string>)replica).Damage(key, older: null, default))));
    }

    private static async Task<int> MendAsync(InProcessSiloHandle silo)
    {
        var comparer = silo.ServiceProvider.GetRequiredService<ReplicaComparer>();
        var host = silo.ServiceProvider.GetRequiredService<TableCatalog>().Find(TableCluster.Names)!;
        var (found, _) = await comparer.CompareAsync(host, default);
        return await comparer.MendAsync(host, found.Repairs, 1_000, default);
    }

    private static string AddressOf(InProcessSiloHandle silo) => silo.SiloAddress.ToParsableString();
}
