using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tests.Tables;

public sealed class PersistentTableTests(CopyCluster cluster) : IClassFixture<CopyCluster>
{
    [Fact]
    public async Task What_a_fragment_applies_is_read_on_every_silo()
    {
        await Loaded();
        await cluster.PutAsync(0, CopyCluster.Counters, "a", 1);
        await cluster.PutAsync(0, CopyCluster.Counters, "b", 2);
        await cluster.PutAsync(0, CopyCluster.Counters, "d", 2);
        var table = cluster.Table(1, CopyCluster.Counters);
        Assert.True(table.TryGet("a", out var record) && record.Value == 1);
        Assert.Equal(["b", "d"], table.Lookup(CopyCluster.ByValue, 2).Select(entry => entry.Key));
        Assert.Equal(2, table.CountLookup(CopyCluster.ByValue, 2));
        Assert.Equal(["a", "b", "d"], table.Keys());
        Assert.Equal(3, table.Count);
        Assert.Equal(
            ["a", "d", "d", "b", null, null],
            new[] { table.First(), table.Last(), table.Next("c"), table.Previous("c"), table.Next("d"), table.Previous("a") }
                .Select(entry => entry?.Key));
        Assert.Equal(new Counter(2), await table.ReadAsync("b"));
        Assert.Equal([new Counter(2)], await table.ReadAllAsync("b"));
        Assert.Null(await table.ReadAsync("c"));
    }

    [Fact]
    public async Task A_bag_is_read_by_key()
    {
        await Loaded();
        await cluster.PutAsync(0, CopyCluster.Bag, "a", 1);
        await cluster.PutAsync(0, CopyCluster.Bag, "a", 2);
        var table = cluster.Table(1, CopyCluster.Bag);
        Assert.Equal([1, 2], table.GetAll("a").Select(counter => counter.Value).Order());
        Assert.Throws<InvalidOperationException>(() => table.TryGet("a", out _));
        await Assert.ThrowsAsync<InvalidOperationException>(() => table.ReadAsync("a").AsTask());
    }

    [Fact]
    public async Task A_watch_tells_every_change_and_goes_on_after_a_token()
    {
        await Loaded();
        foreach (var definition in new[] { CopyCluster.Counters, CopyCluster.Bag })
        {
            using var end = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await using var watch = cluster.Table(1, definition).WatchAsync(entry => entry.Key == "w", null, end.Token).GetAsyncEnumerator(end.Token);
            Assert.True(await watch.MoveNextAsync());
            Assert.Equal(TableEventKind.Synced, watch.Current.Kind);
            await cluster.PutAsync(0, definition, "w", 1);
            Assert.True(await watch.MoveNextAsync());
            Assert.Equal((TableEventKind.Inserted, new Counter(1)), (watch.Current.Kind, watch.Current.New));
            var token = watch.Current.Token;
            await cluster.PutAsync(0, definition, "w", 2);

            await using var rest = cluster.Table(1, definition).WatchAsync(null, token, end.Token).GetAsyncEnumerator(end.Token);
            Assert.True(await rest.MoveNextAsync());
            Assert.Equal(new Counter(2), rest.Current.New);
        }
    }

    [Fact]
    public async Task A_table_is_waited_for_and_refuses_reads_until_then()
    {
        var late = cluster.Table(0, CopyCluster.Late);
        Assert.Throws<PersistentTableUnavailableException>(() => late.TryGet("a", out _));
        var timeout = await Assert.ThrowsAsync<TimeoutException>(
            () => cluster.Tables(0).WaitForTablesAsync(Waited, TimeSpan.FromMilliseconds(20)));
        Assert.Contains("late", timeout.Message, StringComparison.Ordinal);

        Progress progress = new();
        var wait = cluster.Tables(0).WaitForTablesAsync(Waited, progress: progress);
        Assert.False(wait.IsCompleted);
        cluster.Loader.Gate.SetResult();
        await wait.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("late", progress.Reports[0].Waiting);
        Assert.Equal("counters, late", string.Join(", ", progress.Reports[^1].Loaded));
        Assert.Equal(0, late.Count);
    }

    [Fact]
    public async Task What_is_not_there_is_named()
    {
        var missing = Assert.Throws<NoSuchTableException>(() => cluster.Tables(0).Get<string, Counter>("nothing"));
        Assert.Contains("bag, counters, disc-only, late", missing.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => cluster.Tables(0).Get<int, Counter>("bag"));
        await Assert.ThrowsAsync<NoSuchTableException>(() => cluster.Tables(0).WaitForTablesAsync(["nothing"]));
        var discOnly = cluster.Table(0, CopyCluster.DiscOnly);
        await discOnly.WaitForLoadedAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Throws<InvalidOperationException>(() => discOnly.TryGet("a", out _));
    }

    private static readonly string[] AtOnce = ["counters", "bag"];
    private static readonly string[] Waited = ["late", "counters"];

    private Task Loaded() => Task.WhenAll(Enumerable.Range(0, 2).Select(silo =>
        cluster.Tables(silo).WaitForTablesAsync(AtOnce, TimeSpan.FromSeconds(30))));

    private sealed class Progress : IProgress<TableLoadProgress>
    {
        public List<TableLoadProgress> Reports { get; } = [];

        public void Report(TableLoadProgress value) => Reports.Add(value);
    }
}
