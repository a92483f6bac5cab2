using MimGrains.Tables;
using Orleans.TestingHost;

namespace MimGrains.Cets.Tests;

public sealed class LeaderTests(TableCluster cluster) : IClassFixture<TableCluster>
{
    [Fact]
    public async Task Insert_new_wins_once_and_is_everywhere_when_it_returns()
    {
        Assert.True(await Names(1).InsertNewAsync("once", "first"));
        Assert.All(cluster.Silos, silo =>
        {
            Assert.True(TableCluster.NamesOf(silo).TryGet("once", out var record));
            Assert.Equal("first", record);
        });
        foreach (var silo in cluster.Silos)
        {
            Assert.False(await TableCluster.NamesOf(silo).InsertNewAsync("once", "second"));
        }

        Assert.True(Names(2).TryGet("once", out var kept));
        Assert.Equal("first", kept);
    }

    [Fact]
    public async Task Of_concurrent_callers_on_all_silos_one_wins_each_key()
    {
        var wins = await Task.WhenAll(
            from key in Enumerable.Range(0, 50)
            from silo in cluster.Silos
            from caller in Enumerable.Range(0, 3)
            select WinAsync(silo, $"race-{key}", $"{silo.SiloAddress.ToParsableString()}/{caller}"));

        Assert.All(wins.GroupBy(win => win.Key), ofKey =>
        {
            var winner = Assert.Single(ofKey, win => win.IsWon);
            Assert.All(cluster.Silos, silo =>
            {
                Assert.True(TableCluster.NamesOf(silo).TryGet(ofKey.Key, out var record));
                Assert.Equal(winner.Record, record);
            });
        });

        static async Task<(string Key, string Record, bool IsWon)> WinAsync(InProcessSiloHandle silo, string key, string record) =>
            (key, record, await TableCluster.NamesOf(silo).InsertNewAsync(key, record));
    }

    [Fact]
    public async Task Insert_new_or_lookup_returns_the_record_that_is_there()
    {
        var first = await Names(0).InsertNewOrLookupAsync("lookup", "first");
        var second = await Names(1).InsertNewOrLookupAsync("lookup", "second");

        Assert.Equal((true, "first"), (first.IsNew, first.Record));
        Assert.Equal((false, "first"), (second.IsNew, second.Record));
    }

    [Fact]
    public async Task Serial_inserts_end_the_same_everywhere_and_all_silos_agree_on_the_leader()
    {
        await Task.WhenAll(
            from silo in cluster.Silos
            from i in Enumerable.Range(0, 100)
            select TableCluster.NamesOf(silo).InsertSerialAsync("serial", $"{silo.SiloAddress.ToParsableString()}/{i}"));

        Assert.True(Names(0).TryGet("serial", out var expected));
        Assert.All(cluster.Silos, silo =>
        {
            Assert.True(TableCluster.NamesOf(silo).TryGet("serial", out var record));
            Assert.Equal(expected, record);
            Assert.NotNull(Names(0).Leader);
            Assert.Equal(Names(0).Leader, TableCluster.NamesOf(silo).Leader);
        });
    }

    [Fact]
    public async Task Compare_and_set_counts_every_step_once()
    {
        await Names(0).InsertSerialAsync("counter", "0");
        await Task.WhenAll(cluster.Silos.Select(CountAsync));

        Assert.True(Names(0).TryGet("counter", out var count));
        Assert.Equal("60", count);

        static async Task CountAsync(InProcessSiloHandle silo)
        {
            var names = TableCluster.NamesOf(silo);
            for (var done = 0; done < 20;)
            {
                Assert.True(names.TryGet("counter", out var record));
                done += await names.CompareAndSetAsync("counter", record, $"{int.Parse(record, null) + 1}") ? 1 : 0;
            }
        }
    }

    [Fact]
    public async Task A_version_tells_the_record_that_was_read_from_an_equal_one()
    {
        await Names(0).InsertSerialAsync("version", "same");
        Assert.True(Names(1).TryGet("version", out _, out var old));
        await Names(2).InsertSerialAsync("version", "same");

        Assert.False(await Names(1).CompareAndDeleteAsync("version", old));
        Assert.False(await Names(1).CompareAndSetAsync("version", old, "other"));
        Assert.True(Names(1).TryGet("version", out var record, out var current));
        Assert.Equal("same", record);
        Assert.False(await Names(0).CompareAndDeleteAsync("version", "other"));
        Assert.True(await Names(1).CompareAndSetAsync("version", current, "other"));
        Assert.True(await Names(0).CompareAndDeleteAsync("version", "other"));
        Assert.All(cluster.Silos, silo => Assert.False(TableCluster.NamesOf(silo).TryGet("version", out _)));
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_told_so_and_others_go_on()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Names(1).InsertNewAsync("given-up", "x", cancelled.Token));
        Assert.True(await Names(2).InsertNewAsync("given-up", "y"));
    }

    private IReplicatedTable<string, string> Names(int silo) => TableCluster.NamesOf(cluster.Silos[silo]);
}
