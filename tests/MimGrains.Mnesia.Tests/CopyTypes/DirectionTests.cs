using MimGrains.Mnesia.Tests.Storage;
using MimGrains.Persistent;
using MimGrains.Tables;
using MimGrains.TestSupport;

namespace MimGrains.Mnesia.Tests.CopyTypes;

/// <summary>The storage of a table is changed while the cluster runs, from each to each.</summary>
public sealed class DirectionTests(SqliteFiles databases) : IClassFixture<SqliteFiles>
{
    private const int Keys = 30;

    private static readonly TableIndex<string, Counter, long> ByValue = new("value", (_, counter) => counter.Value);

    [Theory]
    [InlineData(StorageType.Ram, StorageType.Disc, PersistentTableType.Set)]
    [InlineData(StorageType.Ram, StorageType.DiscOnly, PersistentTableType.Bag)]
    [InlineData(StorageType.Disc, StorageType.Ram, PersistentTableType.Bag)]
    [InlineData(StorageType.Disc, StorageType.DiscOnly, PersistentTableType.Set)]
    [InlineData(StorageType.DiscOnly, StorageType.Ram, PersistentTableType.Set)]
    [InlineData(StorageType.DiscOnly, StorageType.Disc, PersistentTableType.Bag)]
    public async Task A_table_has_its_records_in_its_new_storage_also_when_the_cluster_starts_anew(
        StorageType from, StorageType to, PersistentTableType type)
    {
        var database = await databases.CreateDatabaseAsync();
        var table = ChangeCluster.Define(from, type);
        List<string> expected;
        await using (var cluster = await ChangeCluster.StartAsync(() => table, rows: null, database))
        {
            await FillAsync(cluster, table);
            expected = await cluster.ShowAsync(0, table);
            Assert.Equal(type == PersistentTableType.Bag ? 2 * (Keys - 10) : Keys - 10, expected.Count);

            await cluster.ChangeAsync(1, to);

            await CheckAsync(cluster, table, to, expected);
            await WriteAsync(cluster, table, "new", 7);
            await WriteAsync(cluster, table, "1", 8);
            expected = await cluster.ShowAsync(1, table);
            Assert.Contains("new=7", expected);
            await CheckAsync(cluster, table, to, expected);
            // What is not there cannot be read: a silo that comes takes the new storage over.
            await CheckAsync(cluster, table, to, expected, await cluster.AddSiloAsync());
        }

        await using var next = await ChangeCluster.StartAsync(() => table, rows: null, database);
        await CheckAsync(next, table, to, to == StorageType.Ram ? [] : expected);
        await WriteAsync(next, table, "newer", 9);
        Assert.Contains("newer=9", await next.ShowAsync(1, table));
    }

    [Fact]
    public async Task Nothing_that_is_written_meanwhile_is_lost()
    {
        var rows = new MemoryRows();
        var table = ChangeCluster.Define(StorageType.Ram);
        await using var cluster = await ChangeCluster.StartAsync(() => table, rows);
        using var enough = new CancellationTokenSource();
        var adding = Enumerable.Range(0, 4).Select(worker => cluster.AddUpAsync(worker % 2, table, worker, enough.Token)).ToArray();
        var writing = Enumerable.Range(0, 2).Select(silo => WriteOnAsync(cluster, silo, enough.Token)).ToArray();
        StorageType[] path =
        [
            StorageType.Disc, StorageType.DiscOnly, StorageType.Ram, StorageType.DiscOnly, StorageType.Disc, StorageType.Ram,
            StorageType.Disc,
        ];
        foreach (var (index, to) in path.Index())
        {
            await cluster.ChangeAsync(index % 2, to);
            Assert.Equal((to, to), (cluster.StorageOf(0), cluster.StorageOf(1)));
        }

        await enough.CancelAsync();
        var done = (await Task.WhenAll(adding)).Sum();
        var last = await Task.WhenAll(writing);
        var counters = (await cluster.ShowAsync(0, table)).Where(entry => !entry.StartsWith('d'));
        Assert.Equal(done, counters.Sum(entry => long.Parse(entry.Split('=')[1], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.True(done > 0 && last.Min() > 0);
        for (var silo = 0; silo < 2; silo++)
        {
            var key = $"d{silo}";
            var held = await cluster.Transactions(1 - silo).TransactionAsync(async transaction => await transaction.ReadAsync(table, key));
            Assert.Equal(last[silo], held!.Value);
        }

        // What was stored under earlier cookies is gone: the keys are those of one life of the table.
        await ChangeCluster.UntilAsync(() => rows.Keys.Select(key => key.Split('/')[2]).Distinct().Count() == 2);
    }

    [Fact]
    public async Task An_ordered_set_with_an_index_moves_between_memory_and_disc_and_nowhere_else()
    {
        var table = new PersistentTableDefinition<string, Counter>(ChangeCluster.Name)
        {
            Storage = StorageType.Ram, Type = PersistentTableType.OrderedSet, Fragments = ChangeCluster.Fragments,
        }.WithIndex(ByValue);
        await using var cluster = await ChangeCluster.StartAsync(() => table, new MemoryRows());
        await FillAsync(cluster, table);
        await Assert.ThrowsAsync<TableDefinitionException>(() => cluster.ChangeAsync(0, StorageType.DiscOnly));
        foreach (var to in new[] { StorageType.Disc, StorageType.Ram })
        {
            await cluster.ChangeAsync(0, to);
            for (var silo = 0; silo < 2; silo++)
            {
                Assert.Equal("11", Assert.Single(cluster.Table(silo).Lookup(ByValue, 111)).Key);
                Assert.Equal(("1", "8"), (cluster.Table(silo).First()!.Value.Key, cluster.Table(silo).Last()!.Value.Key));
                Assert.Equal("11", Assert.Single(await cluster.Transactions(silo).TransactionAsync(
                    async transaction => await transaction.IndexReadAsync(table, ByValue, 111))).Key);
            }
        }
    }

    [Fact]
    public async Task A_table_with_an_added_index_does_not_go_to_disc_only()
    {
        var table = ChangeCluster.Define(StorageType.Disc);
        await using var cluster = await ChangeCluster.StartAsync(() => table, new MemoryRows());
        await cluster.Tables(0).AddIndexAsync(ChangeCluster.Name, nameof(Counter.Value));

        var refused = await Assert.ThrowsAsync<TableDefinitionException>(() => cluster.ChangeAsync(1, StorageType.DiscOnly));
        Assert.Contains("Value was added", refused.Message, StringComparison.Ordinal);

        await cluster.Tables(0).DropIndexAsync(ChangeCluster.Name, nameof(Counter.Value));
        await cluster.ChangeAsync(1, StorageType.DiscOnly);
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => cluster.Tables(0).AddIndexAsync(ChangeCluster.Name, nameof(Counter.Value)));
    }

    [Fact]
    public async Task Without_a_database_nothing_can_be_changed()
    {
        await using var cluster = await ChangeCluster.StartAsync(() => ChangeCluster.Define(StorageType.Ram), rows: null, silos: 1);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.ChangeAsync(0, StorageType.Disc));

        Assert.Contains("no database", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_ends_when_the_copies_go_and_shows_no_deletes()
    {
        var table = ChangeCluster.Define(StorageType.Disc);
        await using var cluster = await ChangeCluster.StartAsync(() => table, new MemoryRows());
        await FillAsync(cluster, table);
        var isSynced = new TaskCompletionSource();
        var deleted = 0;
        var watching = Task.Run(async () =>
        {
            await foreach (var one in cluster.Table(0).WatchAsync())
            {
                deleted += one.Kind == TableEventKind.Synced || one.New is not null ? 0 : 1;
                if (one.Kind == TableEventKind.Synced)
                {
                    isSynced.TrySetResult();
                }
            }
        });
        await isSynced.Task;

        await cluster.ChangeAsync(1, StorageType.DiscOnly);

        Assert.Contains("on disc only", (await Assert.ThrowsAsync<InvalidOperationException>(() => watching)).Message, StringComparison.Ordinal);
        Assert.Equal(0, deleted);
        Assert.Throws<InvalidOperationException>(() => cluster.Table(0).TryGet("1", out _));
        Assert.Equal(101, (await cluster.Table(0).ReadAsync("1"))!.Value);
    }

    private static async Task FillAsync(ChangeCluster cluster, PersistentTableDefinition<string, Counter> table)
    {
        for (var round = 0; round < 10; round++)
        {
            await cluster.Transactions(round % 2).SyncTransactionAsync(async transaction =>
            {
                for (var key = 0; key < Keys; key++)
                {
                    await transaction.WriteAsync(table, $"{key}", new Counter(100 + key));
                    await transaction.WriteAsync(table, $"{key}", new Counter(table.Type == PersistentTableType.Bag ? 200 + key : 100 + key));
                    if (round == 9 && key % 3 == 0)
                    {
                        await transaction.DeleteAsync(table, $"{key}");
                    }
                }
            });
        }
    }

    private static async Task CheckAsync(
        ChangeCluster cluster, PersistentTableDefinition<string, Counter> table, StorageType storage, List<string> expected, int only = -1)
    {
        for (var silo = Math.Max(only, 0); silo < (only < 0 ? cluster.Count : only + 1); silo++)
        {
            var info = cluster.Tables(silo).GetInfo(ChangeCluster.Name);
            Assert.Equal(storage, info.Storage);
            Assert.Equal(info.ToMnesia()["storage_type"], storage switch
            {
                StorageType.Ram => "ram_copies",
                StorageType.Disc => "disc_copies",
                _ => "disc_only_copies",
            });
            Assert.Equal(expected, await cluster.ShowAsync(silo, table));
            var dirty = await cluster.Table(silo).ReadAllAsync("1");
            Assert.Equal(expected.Where(entry => entry.StartsWith("1=", StringComparison.Ordinal)), dirty.Select(record => $"1={record.Value}").Order());
            Assert.Equal(storage == StorageType.DiscOnly ? null : expected.Count, info.Records);
        }
    }

    private static Task WriteAsync(ChangeCluster cluster, PersistentTableDefinition<string, Counter> table, string key, long value) =>
        cluster.Transactions(0).SyncTransactionAsync(async transaction => await transaction.WriteAsync(table, key, new Counter(value)));

    // Dirty writes of numbers that grow: the last one that was acknowledged is there.
    private static async Task<long> WriteOnAsync(ChangeCluster cluster, int silo, CancellationToken stop)
    {
        var number = 0L;
        while (!stop.IsCancellationRequested)
        {
            await cluster.Table(silo).WriteAsync($"d{silo}", new Counter(++number), CancellationToken.None);
        }

        return number;
    }
}
