using MimGrains.Tables;
using Orleans.TestingHost;

namespace MimGrains.Cets.Tests;

/// <summary>The leader goes while others ask it: one cluster, of which a silo is killed or stopped.</summary>
public sealed class LeaderDeathTests : IAsyncLifetime
{
    private const int CallersPerSilo = 8;
    private const int KeysLater = 100;

    private readonly TableCluster _cluster = new();

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public Task Every_key_has_one_winner_who_knows_it_when_the_leader_is_killed() =>
        RaceWhile(leader => _cluster.Cluster.KillSiloAsync(leader));

    [Fact]
    public Task Every_key_has_one_winner_who_knows_it_when_the_leader_stops() =>
        RaceWhile(leader => _cluster.Cluster.StopSiloAsync(leader));

    private async Task RaceWhile(Func<InProcessSiloHandle, Task> end)
    {
        await Kept(_cluster.Silos[0]).InsertSerialAsync("first", "x");
        var leader = _cluster.Silos.Single(silo => silo.SiloAddress.ToParsableString() == Kept(_cluster.Silos[0]).Leader);
        var survivors = _cluster.Silos.Where(silo => silo != leader).ToList();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var wins = Task.WhenAll(
            from silo in survivors
            from caller in Enumerable.Range(0, CallersPerSilo)
            select Task.Run(() => RaceAsync(silo, caller, ended.Task)));

        // In the middle of their first keys.
        await UntilAsync(() => Kept(survivors[0]).Count > 20);
        await end(leader);
        ended.SetResult();

        var all = (await wins.WaitAsync(TimeSpan.FromMinutes(1))).SelectMany(won => won).ToList();
        Assert.Equal(all.Count, all.Select(won => won.Key).Distinct().Count());
        foreach (var silo in survivors)
        {
            Assert.All(all, won =>
            {
                Assert.True(Kept(silo).TryGet(won.Key, out var record));
                Assert.Equal(won.Record, record);
            });
            Assert.Equal(all.Count + 1, Kept(silo).Count);
        }

        Assert.NotEqual(leader.SiloAddress.ToParsableString(), Kept(survivors[0]).Leader);
    }

    // All callers want the same keys, until some time after the leader has ended.
    private static async Task<List<(string Key, string Record)>> RaceAsync(InProcessSiloHandle silo, int caller, Task ended)
    {
        List<(string, string)> won = [];
        for (var (i, later) = (0, 0); later < KeysLater; i++, later += ended.IsCompleted ? 1 : 0)
        {
            var (key, record) = ($"key {i}", $"{silo.SiloAddress.ToParsableString()}/{caller}/{i}");
            if (await Kept(silo).InsertNewAsync(key, record))
            {
                won.Add((key, record));
            }
        }

        return won;
    }

    private static IReplicatedTable<string, string> Kept(InProcessSiloHandle silo) =>
        TableCluster.Table<string, string>(silo, TableCluster.Kept);

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            await Task.Delay(5, late.Token);
        }
    }
}
