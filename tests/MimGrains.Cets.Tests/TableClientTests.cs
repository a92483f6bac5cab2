using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

public sealed class TableClientTests(TableCluster cluster) : IClassFixture<TableCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private ITableClient<string, string> Client => ClientOf<string>(TableCluster.Names);

    private ITableClient<string, TRecord> ClientOf<TRecord>(string name)
        where TRecord : class => new ServiceCollection()
            .AddSingleton<IGrainFactory>(cluster.Cluster.Client)
            .AddTableClient<string, TRecord>(name)
            .BuildServiceProvider()
            .GetRequiredKeyedService<ITableClient<string, TRecord>>(name);

    [Fact]
    public async Task A_client_reads_and_writes_and_any_silo_shows_what_it_wrote()
    {
        var client = Client;
        var token = await client.InsertAsync("client-1", "one");
        foreach (var silo in cluster.Silos)
        {
            var table = TableCluster.NamesOf(silo);
            await table.ReadAfterAsync(token);
            Assert.True(table.TryGet("client-1", out _));
        }

        await client.InsertManyAsync([.. Enumerable.Range(2, 20).Select(i => new TableEntry<string, string>($"client-{i}", $"{i}"))]);
        Assert.Equal("one", await client.GetAsync("client-1"));
        Assert.Null(await client.GetAsync("client-unknown"));
        Assert.Equal(
            ["client-3", "client-2"],
            (await client.GetManyAsync(["client-3", "client-unknown", "client-2"])).Select(entry => entry.Key));
        Assert.False(await client.InsertNewAsync("client-1", "another"));
        Assert.True(await client.InsertNewAsync("client-new", "new"));
        await client.DeleteManyAsync(["client-3"]);
        await client.ReadAfterAsync(await client.DeleteAsync("client-2"));
        Assert.Empty(await client.GetManyAsync(["client-2", "client-3"]));
        Assert.InRange(await client.CountAsync(), 19, long.MaxValue);
    }

    [Fact]
    public async Task A_client_scans_page_by_page()
    {
        var client = Client;
        await client.InsertManyAsync([.. Enumerable.Range(10, 25).Select(i => new TableEntry<string, string>($"page-{i}", $"{i}"))]);
        List<string> keys = [];
        string? continuation = null;
        do
        {
            var page = await client.GetPageAsync(KeyRange.AtLeast("page-").LessThan("page."), 10, continuation);
            keys.AddRange(page.Entries.Select(entry => entry.Key));
            continuation = page.Continuation;
        }
        while (continuation is not null);

        Assert.Equal(Enumerable.Range(10, 25).Select(i => $"page-{i}"), keys);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.GetPageAsync(default, 0));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetManyAsync(new string[TableClientLimits.KeysPerCall + 1]));
    }

    [Fact]
    public async Task A_client_is_told_what_is_wrong_with_table_and_key_and_nothing_is_written()
    {
        var client = Client;
        var large = new string('x', 2_000_000);
        await Refused("Table names: entry 1 of 2 has no key or no record.", () => client.InsertManyAsync([new("bad", "a"), new("bad", null!)]));
        await Refused("Table names: key 1 of 2 is null.", () => client.GetManyAsync(["bad", null!]));
        await Refused("Table names: key 0 of 1 is null.", () => client.DeleteManyAsync([null!]));
        await Refused("Table names: key bad and its record have 20", () => client.InsertAsync("bad", large));
        await Refused("Table names: key bad-2 and its record have 20", () => client.InsertManyAsync([new("bad", "a"), new("bad-2", large)]));
        await Refused("Table names: key bad and its record have 20", () => client.InsertNewAsync("bad", large));
        Assert.Null(await client.GetAsync("bad"));

        var unknown = await Assert.ThrowsAsync<KeyNotFoundException>(() => ClientOf<string>("nothing").GetAsync("key"));
        Assert.StartsWith("No table nothing on this silo; there are: ", unknown.Message, StringComparison.Ordinal);
        await Refused("Table names is names(System.String -> ", () => ClientOf<Box>(TableCluster.Names).GetAsync("key"));

        static async Task Refused(string start, Func<Task> call) =>
            Assert.StartsWith(start, (await Assert.ThrowsAsync<ArgumentException>(call)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_watches_a_range()
    {
        await Client.InsertAsync("seen-1", "one");
        await using var watch = Client.WatchAsync(KeyRange.AtLeast("seen-").LessThan("seen.")).GetAsyncEnumerator();
        var kinds = new List<(TableEventKind, string)>();
        for (var i = 0; i < 2; i++)
        {
            Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Patience));
            kinds.Add((watch.Current.Kind, watch.Current.Key));
        }

        var silo = TableCluster.NamesOf(cluster.Silos[^1]);
        await silo.InsertManyAsync([.. Enumerable.Range(2, 600).Select(i => new TableEntry<string, string>($"seen-{i}", $"{i}"))]);
        await silo.InsertAsync("unseen", "x");
        await silo.DeleteAsync("seen-1");
        for (var i = 0; i < 601; i++)
        {
            Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Patience));
            kinds.Add((watch.Current.Kind, watch.Current.Key));
        }

        Assert.Equal([(TableEventKind.Listed, "seen-1"), (TableEventKind.Synced, null!)], kinds.Take(2));
        Assert.Equal(Enumerable.Range(2, 600).Select(i => (TableEventKind.Inserted, $"seen-{i}")), kinds.Skip(2).Take(600));
        Assert.Equal((TableEventKind.Deleted, "seen-1"), kinds[^1]);
        await using var later = Client.WatchAsync(default, watch.Current.Token).GetAsyncEnumerator();
        await silo.InsertAsync("seen-later", "x");
        Assert.True(await later.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Equal("seen-later", later.Current.Key);
    }
}
