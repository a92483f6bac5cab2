using Microsoft.Extensions.DependencyInjection;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tests.Tables;

public sealed class PersistentTableClientTests(CopyCluster cluster) : IClassFixture<CopyCluster>
{
    private readonly ServiceProvider _services = new ServiceCollection()
        .AddSingleton<IGrainFactory>(cluster.Cluster.Client)
        .AddPersistentTableClient<string, Counter>("counters")
        .AddPersistentTableClient<string, Counter>("bag")
        .AddPersistentTableClient<string, Counter>("late")
        .BuildServiceProvider();

    [Fact]
    public async Task A_client_reads_a_set()
    {
        await LoadedAsync();
        foreach (var (key, value) in new[] { ("a", 1L), ("b", 2L), ("c", 2L) })
        {
            await cluster.PutAsync(0, CopyCluster.Counters, key, value);
        }

        var table = Of("counters");
        Assert.Equal(new Counter(2), await table.GetAsync("b"));
        Assert.Null(await table.GetAsync("x"));
        Assert.Equal(["a", "c"], (await table.GetManyAsync(["a", "x", "c"])).Select(entry => entry.Key));
        Assert.Equal(["b", "c"], (await table.LookupAsync(CopyCluster.ByValue, 2)).Select(entry => entry.Key));
        await Assert.ThrowsAsync<ArgumentException>(() => table.LookupAsync(TableIndex.OfProperty<string, Counter, long>("Value"), 2));
        Assert.Equal(3, await table.CountAsync());
        var page = await table.GetPageAsync(default, 2);
        Assert.Equal(["c"], (await table.GetPageAsync(default, 2, page.Continuation)).Entries.Select(entry => entry.Key));
    }

    [Fact]
    public async Task A_client_reads_and_watches_a_bag()
    {
        await LoadedAsync();
        var table = Of("bag");
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var watch = table.WatchAsync(KeyRange.AtLeast("m"), cancellationToken: end.Token).GetAsyncEnumerator(end.Token);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(TableEventKind.Synced, watch.Current.Kind);

        await cluster.PutAsync(1, CopyCluster.Bag, "a", 1);
        await cluster.PutAsync(1, CopyCluster.Bag, "n", 1);
        await cluster.PutAsync(1, CopyCluster.Bag, "n", 2);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((TableEventKind.Inserted, "n", new Counter(1)), (watch.Current.Kind, watch.Current.Key, watch.Current.New));

        await using var rest = table.WatchAsync(default, watch.Current.Token, end.Token).GetAsyncEnumerator(end.Token);
        Assert.True(await rest.MoveNextAsync());
        Assert.Equal(new Counter(2), rest.Current.New);
        Assert.Equal([1, 2], (await table.GetAllAsync("n")).Select(counter => counter.Value).Order());
        await Assert.ThrowsAsync<InvalidOperationException>(() => table.GetAsync("n"));
    }

    [Fact]
    public async Task A_client_is_told_that_a_table_is_not_loaded() =>
        await Assert.ThrowsAsync<PersistentTableUnavailableException>(() => Of("late").GetAsync("a"));

    private IPersistentTableClient<string, Counter> Of(string name) =>
        _services.GetRequiredKeyedService<IPersistentTableClient<string, Counter>>(name);

    private Task LoadedAsync() => Task.WhenAll(
        cluster.Tables(0).WaitForTablesAsync(Names), cluster.Tables(1).WaitForTablesAsync(Names));

    private static readonly string[] Names = ["counters", "bag"];
}
