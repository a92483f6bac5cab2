using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Rows;
using MimGrains.Mnesia.Tests.Storage;
using MimGrains.Persistent;
using Orleans.TestingHost;

namespace MimGrains.Mnesia.Tests.Transactions;

/// <summary>Tables on disc: what is committed is there when all silos were gone.</summary>
public sealed class DiscTests
{
    private const int Keys = 40;
    private const int Rounds = 30;

    private static readonly PersistentTableDefinition<string, Counter> Disc = new("on-disc") { Fragments = 2 };
    private static readonly PersistentTableDefinition<string, Counter> DiscOnly = new("disc-only") { Storage = StorageType.DiscOnly };
    private static readonly PersistentTableDefinition<string, Counter> Bag = new("disc-bag") { Type = PersistentTableType.Bag };

    private static readonly PersistentTableDefinition<string, Counter> DiscOnlyBag =
        new("disc-only-bag") { Storage = StorageType.DiscOnly, Type = PersistentTableType.Bag };

    private static readonly TimeSpan LoadTimeout = TimeSpan.FromSeconds(60);

    private readonly MemoryRows _rows = new();

    [Fact]
    public async Task What_was_committed_is_there_after_all_silos_were_gone()
    {
        await using (var cluster = await StartAsync())
        {
            await WriteAsync(cluster);
        }

        await using var next = await StartAsync();
        var transactions = Transactions(next, 1);
        for (var key = 0; key < Keys; key++)
        {
            var (disc, discOnly) = await transactions.TransactionAsync(async transaction => (
                await transaction.ReadAsync(Disc, $"{key}"), await transaction.ReadAsync(DiscOnly, $"{key}")));
            // The last round has deleted every third one.
            Assert.Equal(key % 3 == 0 ? null : Rounds + key, disc?.Value);
            Assert.Equal(disc, discOnly);
        }

        Assert.Equal(Keys - 14, (await transactions.TransactionAsync(async transaction => await transaction.AllKeysAsync(Disc))).Count);
        var bags = await transactions.TransactionAsync(async transaction => (
            await transaction.ReadAllAsync(Bag, "k"), await transaction.ReadAllAsync(DiscOnlyBag, "k")));
        Assert.Equal(Enumerable.Range(2, Rounds - 1).Select(round => (long)round), bags.Item1.Select(record => record.Value).Order());
        Assert.Equal(bags.Item1.Select(record => record.Value).Order(), bags.Item2.Select(record => record.Value).Order());
    }

    [Fact]
    public async Task Another_silo_goes_on_with_a_fragment_of_a_killed_one()
    {
        await using var cluster = await StartAsync();
        await WriteAsync(cluster);
        await cluster.KillSiloAsync(cluster.Silos[0]);

        var transactions = Transactions(cluster, 0);
        await transactions.TransactionAsync(async transaction =>
        {
            var disc = await transaction.ReadForWriteAsync(Disc, "1");
            var discOnly = await transaction.ReadForWriteAsync(DiscOnly, "1");
            Assert.Equal((Rounds + 1, Rounds + 1), (disc!.Value, discOnly!.Value));
            await transaction.WriteAsync(Disc, "1", new Counter(7));
            await transaction.WriteAsync(DiscOnly, "1", new Counter(7));
        });
        Assert.Equal(7, (await transactions.AsyncDirtyAsync(async activity => await activity.ReadAsync(DiscOnly, "1")))!.Value);
    }

    private static async Task WriteAsync(InProcessTestCluster cluster)
    {
        for (var round = 1; round <= Rounds; round++)
        {
            await Transactions(cluster, round % 2).TransactionAsync(async transaction =>
            {
                for (var key = 0; key < Keys; key++)
                {
                    await transaction.WriteAsync(Disc, $"{key}", new Counter(round + key));
                    await transaction.WriteAsync(DiscOnly, $"{key}", new Counter(round + key));
                    if (round == Rounds && key % 3 == 0)
                    {
                        await transaction.DeleteAsync(Disc, $"{key}");
                        await transaction.DeleteAsync(DiscOnly, $"{key}");
                    }
                }

                await transaction.WriteAsync(Bag, "k", new Counter(round));
                await transaction.WriteAsync(DiscOnlyBag, "k", new Counter(round));
                await transaction.DeleteObjectAsync(Bag, "k", new Counter(1));
                await transaction.DeleteObjectAsync(DiscOnlyBag, "k", new Counter(1));
            });
        }
    }

    private static ITransactions Transactions(InProcessTestCluster cluster, int silo) =>
        cluster.Silos[silo].ServiceProvider.GetRequiredService<ITransactions>();

    private async Task<InProcessTestCluster> StartAsync()
    {
        var builder = new InProcessTestClusterBuilder(initialSilosCount: 2);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddPersistentTable(Disc).AddPersistentTable(DiscOnly).AddPersistentTable(Bag).AddPersistentTable(DiscOnlyBag);
            silo.UsePersistentTables();
            // So small that the log is compacted several times.
            silo.Services.Configure<FragmentStorageOptions>(options => (options.LogSlots, options.LogBytesBeforeCompaction) = (128, 4_096));
            silo.Services.Replace(ServiceDescriptor.Singleton<IRowStore>(_rows));
            silo.Services.Replace(ServiceDescriptor.Singleton<IFragmentLogFactory, FragmentLogFactory>());
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        foreach (var silo in cluster.Silos)
        {
            await silo.ServiceProvider.GetRequiredService<IPersistentTables>().WaitForTablesAsync(timeout: LoadTimeout);
        }

        return cluster;
    }
}
