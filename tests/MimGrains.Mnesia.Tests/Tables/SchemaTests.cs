using Microsoft.Extensions.DependencyInjection;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tests.Tables;

public sealed class SchemaTests(CopyCluster cluster) : IClassFixture<CopyCluster>
{
    private static readonly TableIndex<string, Counter, long> ByValue = TableIndex.OfProperty<string, Counter, long>("Value");

    [Fact]
    public async Task A_table_is_created_on_every_silo_and_deleted_on_every_silo()
    {
        var definition = Define("created").WithIndex(ByValue);
        var table = await cluster.Tables(0).CreateAsync(definition);
        await cluster.PutAsync(1, definition, "a", 7);
        Assert.True(table.TryGet("a", out var record) && record.Value == 7);

        var other = cluster.Tables(1).Get<string, Counter>("created");
        await other.WaitForLoadedAsync();
        Assert.Equal("a", Assert.Single(other.Lookup(TableIndex.OfProperty<string, Counter, long>("Value"), 7)).Key);
        Assert.Same(table, await cluster.Tables(0).CreateAsync(Define("created").WithIndex(ByValue)));
        await Assert.ThrowsAsync<ArgumentException>(() => cluster.Tables(1).CreateAsync(Define("created")));

        await cluster.Tables(1).DeleteAsync("created");
        Assert.Contains("created", cluster.Loader.Dropped);
        Assert.All(Enumerable.Range(0, 2), silo => Assert.DoesNotContain("created", cluster.Tables(silo).Names));
        Assert.Throws<PersistentTableUnavailableException>(() => table.TryGet("a", out _));
        await Assert.ThrowsAsync<NoSuchTableException>(() => cluster.Tables(0).DeleteAsync("created"));

        var again = await cluster.Tables(1).CreateAsync(Define("created"));
        Assert.Equal(0, again.Count);
    }

    [Fact]
    public async Task What_other_silos_cannot_be_told_is_refused()
    {
        var code = new TableIndex<string, Counter, long>("code", (_, counter) => counter.Value);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => cluster.Tables(0).CreateAsync(Define("told").WithIndex(code)));
        Assert.Contains("indexes by functions", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<TableDefinitionException>(
            () => cluster.Tables(0).CreateAsync(new PersistentTableDefinition<double, Counter>("told") { Storage = StorageType.Ram }));
        Assert.DoesNotContain("told", cluster.Tables(0).Names);
    }

    [Fact]
    public async Task A_registered_table_is_created_already_and_cannot_be_deleted()
    {
        Assert.Same(cluster.Table(0, CopyCluster.Counters), await cluster.Tables(0).CreateAsync(CopyCluster.Counters));
        await Assert.ThrowsAsync<ArgumentException>(() => cluster.Tables(0).CreateAsync(Define("counters")));
        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Tables(0).DeleteAsync("counters"));
    }

    [Fact]
    public async Task An_index_is_added_to_every_silo_while_the_table_is_written_and_dropped_again()
    {
        foreach (var definition in new[] { CopyCluster.Counters, CopyCluster.Bag })
        {
            using var stop = new CancellationTokenSource();
            var written = 0;
            for (; written < 5_000; written++)
            {
                _ = cluster.PutAsync(0, definition, $"index{written}", written % 10);
            }

            var writing = Task.Run(async () =>
            {
                for (; !stop.IsCancellationRequested; written++)
                {
                    await cluster.PutAsync(0, definition, $"index{written}", written % 10);
                }
            });
            await cluster.Tables(1).AddIndexAsync(definition.Name, "Value");
            await stop.CancelAsync();
            await writing;

            foreach (var silo in Enumerable.Range(0, 2))
            {
                var table = cluster.Table(silo, definition);
                Assert.Equal(table.Range().Count(entry => entry.Record.Value == 3), table.CountLookup(ByValue, 3));
                Assert.True(table.CountLookup(ByValue, 3) >= 500);
                Assert.Contains("Value", cluster.Tables(silo).GetInfo(definition.Name).Indexes);
            }

            await cluster.Tables(0).AddIndexAsync(definition.Name, "Value");
            await cluster.Tables(0).DropIndexAsync(definition.Name, "Value");
            await cluster.Tables(0).DropIndexAsync(definition.Name, "Value");
            Assert.All(Enumerable.Range(0, 2), silo =>
                Assert.Throws<ArgumentException>(() => cluster.Table(silo, definition).Lookup(ByValue, 3)));
        }

        await Assert.ThrowsAsync<ArgumentException>(() => cluster.Tables(0).AddIndexAsync("counters", "Nothing"));
        await Assert.ThrowsAsync<NoSuchTableException>(() => cluster.Tables(0).AddIndexAsync("nothing", "Value"));
    }

    [Fact]
    public async Task A_silo_that_joins_later_has_what_was_created_before()
    {
        await cluster.Tables(0).CreateAsync(Define("before"));
        await cluster.PutAsync(0, Define("before"), "a", 3);
        await cluster.Tables(0).AddIndexAsync("before", "Value");
        var late = await cluster.Cluster.StartAdditionalSiloAsync();
        try
        {
            var tables = late.ServiceProvider.GetRequiredService<IPersistentTables>();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!tables.Names.Contains("before") || !tables.GetInfo("before").Indexes.Contains("Value"))
            {
                await Task.Delay(10, limit.Token);
            }

            await tables.WaitForTablesAsync(["before"], cancellationToken: limit.Token);
            Assert.Equal("a", Assert.Single(tables.Get<string, Counter>("before").Lookup(ByValue, 3)).Key);
            var info = tables.GetInfo("before");
            Assert.Equal((1L, 3), (info.Records, info.Silos.Count));
            Assert.Equal(("set", "ram_copies"), ((string)info.ToMnesia()["type"], (string)info.ToMnesia()["storage_type"]));
        }
        finally
        {
            await cluster.Cluster.StopSiloAsync(late);
        }

        // The silo that has left is not waited for.
        await cluster.Tables(0).DropIndexAsync("before", "Value");
    }

    private static PersistentTableDefinition<string, Counter> Define(string name) => new(name) { Storage = StorageType.Ram };
}
