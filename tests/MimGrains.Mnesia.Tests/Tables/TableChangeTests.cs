using Microsoft.Extensions.DependencyInjection;
using MimGrains.Persistent;
using Orleans.TestingHost;

namespace MimGrains.Mnesia.Tests.Tables;

/// <summary>Two silos with persistent tables in memory, and real fragments.</summary>
public sealed class ChangeCluster : IAsyncLifetime
{
    public static readonly PersistentTableDefinition<int, Counter> Set = new("change-set") { Storage = StorageType.Ram, Fragments = 3 };
    public static readonly PersistentTableDefinition<int, Counter> Bag =
        new("change-bag") { Storage = StorageType.Ram, Fragments = 3, Type = PersistentTableType.Bag };

    private readonly InProcessTestClusterBuilder _builder = new(initialSilosCount: 2);

    public InProcessTestCluster Cluster { get; private set; } = null!;

    public IPersistentTables Tables(int silo) => Cluster.Silos[silo].ServiceProvider.GetRequiredService<IPersistentTables>();

    public ITransactions Transactions(int silo) => Cluster.Silos[silo].ServiceProvider.GetRequiredService<ITransactions>();

    public IPersistentTable<int, Counter> Table(int silo, PersistentTableDefinition<int, Counter> definition) =>
        Tables(silo).Get<int, Counter>(definition.Name);

    public async Task InitializeAsync()
    {
        _builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddPersistentTable(Set).AddPersistentTable(Bag);
            silo.UsePersistentTables();
        });
        Cluster = _builder.Build();
        await Cluster.DeployAsync();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(silo => Tables(silo).WaitForTablesAsync(timeout: TimeSpan.FromSeconds(60))));
    }

    public Task DisposeAsync() => Cluster.DisposeAsync().AsTask();
}

public sealed class TableChangeTests(ChangeCluster cluster) : IClassFixture<ChangeCluster>
{
    [Fact]
    public async Task A_table_is_cleared_on_all_silos_while_transactions_wait()
    {
        foreach (var definition in new[] { ChangeCluster.Set, ChangeCluster.Bag })
        {
            await FillAsync(definition, 300);
            using var stop = new CancellationTokenSource();
            var adding = Task.Run(async () =>
            {
                // Each of these leaves two records or none.
                for (var i = 1_000; !stop.IsCancellationRequested; i += 2)
                {
                    await cluster.Transactions(1).SyncTransactionAsync(async transaction =>
                    {
                        await transaction.WriteAsync(definition, i, new Counter(i));
                        await transaction.WriteAsync(definition, i + 1, new Counter(i));
                    });
                }
            });
            await cluster.Table(0, definition).ClearAsync();
            await stop.CancelAsync();
            await adding;
            await cluster.Transactions(0).SyncTransactionAsync(async transaction => await transaction.WriteAsync(definition, 0, new Counter(0)));
            var left = cluster.Table(1, definition).Range().Select(entry => entry.Key).ToList();
            Assert.DoesNotContain(left, key => key is > 0 and < 1_000);
            Assert.Equal(0, left.Count(key => key >= 1_000) % 2);
            Assert.Equal(left, cluster.Table(0, definition).Range().Select(entry => entry.Key));
            await cluster.Table(0, definition).ClearAsync();
            Assert.Equal((0, 0), (cluster.Table(0, definition).Count, cluster.Table(1, definition).Count));
        }
    }

    [Fact]
    public async Task Every_record_is_transformed()
    {
        foreach (var definition in new[] { ChangeCluster.Set, ChangeCluster.Bag })
        {
            await FillAsync(definition, 500);
            List<TransformProgress> progress = [];
            var made = await cluster.Tables(0).TransformAsync(
                definition, (_, counter) => new Counter(counter.Value + 10_000), new Collector(progress));
            Assert.Equal(500, made);
            Assert.Equal(new TransformProgress(500, 500), progress[^1]);
            await cluster.Transactions(0).SyncTransactionAsync(async transaction => await transaction.DeleteAsync(definition, 0));
            Assert.Equal(
                Enumerable.Range(1, 499).Select(key => (key, key + 10_000L)),
                cluster.Table(1, definition).Range().Select(entry => (entry.Key, entry.Record.Value)));
            await cluster.Table(0, definition).ClearAsync();
        }
    }

    [Fact]
    public async Task A_table_that_is_created_takes_transactions_and_is_empty_when_it_is_created_again()
    {
        var definition = new PersistentTableDefinition<string, Counter>("change-new") { Storage = StorageType.Ram, Fragments = 2 };
        for (var turn = 0; turn < 3; turn++)
        {
            var table = await cluster.Tables(turn % 2).CreateAsync(definition);
            Assert.Equal(0, table.Count);
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(1, await cluster.Transactions(i % 2).TransactionAsync(
                    async transaction => await transaction.UpdateCounterAsync(definition, $"{i}", 1)));
            }

            Assert.Equal(20, await cluster.Transactions(0).TransactionAsync(
                async transaction => (await transaction.AllKeysAsync(definition)).Count));
            await cluster.Tables((turn + 1) % 2).DeleteAsync("change-new");
            await Assert.ThrowsAsync<NoSuchTableException>(() => cluster.Transactions(0).TransactionAsync(
                async transaction => await transaction.ReadAsync(definition, "1")));
        }
    }

    private Task FillAsync(PersistentTableDefinition<int, Counter> definition, int records) =>
        cluster.Transactions(0).SyncTransactionAsync(async transaction =>
        {
            for (var key = 0; key < records; key++)
            {
                await transaction.WriteAsync(definition, key, new Counter(key));
            }
        });

    private sealed class Collector(List<TransformProgress> reports) : IProgress<TransformProgress>
    {
        public void Report(TransformProgress value) => reports.Add(value);
    }
}
