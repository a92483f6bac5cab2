using MimGrains.Tables;
using Orleans.TestingHost;

namespace MimGrains.Cets.Tests;

public sealed class WatchTests(TableCluster cluster) : IClassFixture<TableCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_watch_lists_what_matches_and_then_tells_changes_of_all_silos()
    {
        var (here, there) = (TableCluster.NamesOf(cluster.Silos[0]), TableCluster.NamesOf(cluster.Silos[1]));
        await there.InsertAsync("watch-1", "one");
        await there.InsertAsync("other", "not asked for");
        await using var watch = Watch(here, "watch-");

        Assert.Equal((TableEventKind.Listed, "watch-1", null, "one"), await NextAsync(watch));
        Assert.Equal(TableEventKind.Synced, (await NextAsync(watch)).Kind);
        await there.InsertAsync("watch-2", "two");
        await here.InsertAsync("watch-2", "two again");
        await there.DeleteAsync("other");
        await there.DeleteAsync("watch-1");
        await there.DeleteAsync("watch-1");
        await here.InsertAsync("watch-3", "three");
        Assert.Equal((TableEventKind.Inserted, "watch-2", null, "two"), await NextAsync(watch));
        Assert.Equal((TableEventKind.Updated, "watch-2", "two", "two again"), await NextAsync(watch));
        Assert.Equal((TableEventKind.Deleted, "watch-1", "one", null), await NextAsync(watch));
        Assert.Equal((TableEventKind.Inserted, "watch-3", null, "three"), await NextAsync(watch));
    }

    [Fact]
    public async Task A_watch_goes_on_after_a_token_here_and_on_another_silo_that_has_kept_the_changes()
    {
        var tables = cluster.Silos.Select(TableCluster.NamesOf).ToList();
        await using var elsewhere = Watch(tables[1], "resume-");
        Assert.Equal(TableEventKind.Synced, (await NextAsync(elsewhere)).Kind);
        await using var first = Watch(tables[0], "resume-");
        Assert.Equal(TableEventKind.Synced, (await NextAsync(first)).Kind);
        await tables[2].InsertAsync("resume-1", "one");
        Assert.Equal("resume-1", (await NextAsync(first)).Key);
        var token = first.Current.Token!.Value;
        await tables[2].InsertAsync("resume-2", "two");

        foreach (var table in tables.Take(2))
        {
            await using var second = Watch(table, "resume-", token);
            Assert.Equal((TableEventKind.Inserted, "resume-2", null, "two"), await NextAsync(second));
        }

        var refused = Watch(tables[2], "resume-", token);
        await Assert.ThrowsAsync<SnapshotRequiredException>(() => NextAsync(refused));
        await Assert.ThrowsAsync<ArgumentException>(async () => await NextAsync(Watch(tables[0], "resume-", new WatchToken("nonsense"))));
    }

    [Fact]
    public async Task A_watch_that_nobody_reads_is_told_to_begin_anew()
    {
        var table = LocalTable.Make(new TableDefinition<string, string>("slow"));
        await using var watch = table.WatchAsync().GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        for (var i = 0; i <= new ReplicationOptions().ChangeLogMaxChanges; i++)
        {
            await table.InsertAsync("key", $"{i}");
        }

        await Assert.ThrowsAsync<SnapshotRequiredException>(async () => await watch.MoveNextAsync());
    }

    [Fact]
    public async Task A_watch_ends_when_it_is_cancelled_and_when_the_silo_stops()
    {
        var table = LocalTable.Make(new TableDefinition<string, string>("ending"));
        using var cancelling = new CancellationTokenSource();
        await using var cancelled = table.WatchAsync(cancellationToken: cancelling.Token).GetAsyncEnumerator();
        await using var stopped = table.WatchAsync().GetAsyncEnumerator();
        Assert.True(await cancelled.MoveNextAsync() && await stopped.MoveNextAsync());
        var (first, second) = (cancelled.MoveNextAsync().AsTask(), stopped.MoveNextAsync().AsTask());
        await cancelling.CancelAsync();
        table.Close("the silo is stopping");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first);
        await Assert.ThrowsAsync<TableUnavailableException>(async () => await second);
    }

    private static IAsyncEnumerator<TableEvent<string, string>> Watch(
        IReplicatedTable<string, string> table, string prefix, WatchToken? from = null) =>
        table.WatchAsync(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal), from).GetAsyncEnumerator();

    private static async Task<(TableEventKind Kind, string Key, string? Old, string? New)> NextAsync(
        IAsyncEnumerator<TableEvent<string, string>> watch)
    {
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Patience));
        return (watch.Current.Kind, watch.Current.Key, watch.Current.Old, watch.Current.New);
    }
}
