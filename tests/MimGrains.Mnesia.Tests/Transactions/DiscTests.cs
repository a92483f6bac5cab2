using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Rows;
using MimGrains.Mnesia.Tests.Storage;
using MimGrains.Persistent;
using MimGrains.Tables;
using Orleans.Configuration;
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

    private readonly FaultyRows _rows = new(new MemoryRows());
    private TimeSpan? _activationTimeout;

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

    [Fact]
    public async Task A_table_that_takes_longer_to_load_than_an_activation_may_take_is_loaded()
    {
        await using (var first = await StartAsync(1, [Disc]))
        {
            await Transactions(first, 0).TransactionAsync(async transaction => await transaction.WriteAsync(Disc, "1", new Counter(7)));
        }

        // A slow database, which is called several times one after another.
        var limit = TimeSpan.FromMilliseconds(500);
        _activationTimeout = limit;
        _rows.Before = (_, _) => Task.Delay(limit);
        await using var next = await StartAsync(1, [Disc]);
        _rows.Heal();
        Assert.True(next.Silos[0].ServiceProvider.GetRequiredKeyedService<IPersistentTable<string, Counter>>(Disc.Name).TryGet("1", out var record));
        Assert.Equal(7, record.Value);
    }

    [Fact]
    public async Task A_table_that_is_made_anew_has_nothing_of_the_one_of_its_name_before()
    {
        var before = new PersistentTableDefinition<string, Counter>("anew") { Type = PersistentTableType.Bag, Fragments = 3 };
        var after = new PersistentTableDefinition<int, Place>("anew") { Type = PersistentTableType.Bag, Fragments = 2 };
        await using (var cluster = await StartAsync())
        {
            await Tables(cluster, 0).CreateAsync(before);
            await Transactions(cluster, 0).TransactionAsync(async transaction =>
            {
                for (var key = 0; key < Keys; key++)
                {
                    await transaction.WriteAsync(before, $"{key}", new Counter(key));
                    await transaction.WriteAsync(Disc, $"{key}", new Counter(key));
                }
            });
            await Tables(cluster, 1).DeleteAsync("anew");

            Assert.Equal(0, (await Tables(cluster, 0).CreateAsync(after)).Count);
            await Transactions(cluster, 1).TransactionAsync(async transaction => await transaction.WriteAsync(after, 1, new Place("x")));
            await cluster.KillSiloAsync(cluster.Silos[0]);
            Assert.Equal([new Place("x")], await Transactions(cluster, 0).TransactionAsync(
                async transaction => await transaction.ReadAllAsync(after, 1)));
        }

        await using var next = await StartAsync();
        var again = await Tables(next, 1).CreateAsync(after);
        Assert.Equal([new TableEntry<int, Place>(1, new Place("x"))], again.Range());
    }

    [Fact]
    public async Task A_table_is_opened_in_the_form_in_which_it_is_stored_or_not_at_all()
    {
        await using (var first = await StartAsync(1, [Disc, Bag, DiscOnly]))
        {
            await Transactions(first, 0).TransactionAsync(async transaction =>
            {
                for (var key = 0; key < Keys; key++)
                {
                    await transaction.WriteAsync(Disc, $"{key}", new Counter(key));
                    await transaction.WriteAsync(DiscOnly, $"{key}", new Counter(key));
                }
            });
        }

        // In memory or not is another matter than what is stored.
        var changed = Define(Disc, StorageType.DiscOnly, Disc.Fragments);
        var onDisc = Define(DiscOnly, StorageType.Disc, DiscOnly.Fragments);
        await using (var second = await StartAsync(1, [changed, onDisc]))
        {
            var keys = await Transactions(second, 0).TransactionAsync(async transaction => (
                await transaction.AllKeysAsync(changed), await transaction.AllKeysAsync(onDisc)));
            Assert.Equal((Keys, Keys), (keys.Item1.Count, keys.Item2.Count));
        }

        await using var third = await BeginAsync(1, [Define(Disc, StorageType.Disc, fragments: 1)]);
        var info = () => Tables(third, 0).GetInfo(Disc.Name);
        using var limit = new CancellationTokenSource(LoadTimeout);
        while (info().Problem is null)
        {
            await Task.Delay(10, limit.Token);
        }

        Assert.False(info().IsLoaded);
        Assert.Contains("is stored as [set, fragments 2, keys ", info().Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_on_disc_only_is_searched_in_its_fragments()
    {
        await using var cluster = await StartAsync();
        await WriteAsync(cluster);
        var (keys, sum, bag, page) = await Transactions(cluster, 1).TransactionAsync(async transaction =>
        {
            // What it has written itself counts, in the order of the keys.
            await transaction.DeleteAsync(DiscOnly, "1");
            await transaction.WriteAsync(DiscOnly, "0", new Counter(5));
            return (
                await transaction.AllKeysAsync(DiscOnly),
                await transaction.FoldAsync(DiscOnly, 0L, (sum, entry) => sum + entry.Record.Value),
                await transaction.SelectAsync(DiscOnlyBag),
                await transaction.SelectPageAsync(DiscOnly, 3, range: KeyRange.AtLeast("2")));
        });

        var there = Enumerable.Range(0, Keys).Where(key => key == 0 || (key % 3 != 0 && key != 1)).ToList();
        Assert.Equal(there.Select(key => $"{key}").Order(StringComparer.Ordinal), keys);
        Assert.Equal(there.Sum(key => key == 0 ? 5 : Rounds + key), sum);
        Assert.Equal(Enumerable.Range(2, Rounds - 1).Select(round => (long)round), bag.Select(entry => entry.Record.Value).Order());
        Assert.Equal(keys.Where(key => string.CompareOrdinal(key, "2") >= 0).Take(3), page.Entries.Select(entry => entry.Key));
        Assert.Equal(keys, await Transactions(cluster, 0).AsyncDirtyAsync(async activity => await activity.AllKeysAsync(DiscOnly)));
    }

    private static PersistentTableDefinition<string, Counter> Define(
        PersistentTableDefinition<string, Counter> like, StorageType storage, int fragments) =>
        new(like.Name) { Storage = storage, Type = like.Type, Fragments = fragments };

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

    private static IPersistentTables Tables(InProcessTestCluster cluster, int silo) =>
        cluster.Silos[silo].ServiceProvider.GetRequiredService<IPersistentTables>();

    private static ITransactions Transactions(InProcessTestCluster cluster, int silo) =>
        cluster.Silos[silo].ServiceProvider.GetRequiredService<ITransactions>();

    private Task<InProcessTestCluster> StartAsync() => StartAsync(2, [Disc, DiscOnly, Bag, DiscOnlyBag]);

    private async Task<InProcessTestCluster> StartAsync(short silos, PersistentTableDefinition<string, Counter>[] tables)
    {
        var cluster = await BeginAsync(silos, tables);
        foreach (var silo in cluster.Silos)
        {
            await silo.ServiceProvider.GetRequiredService<IPersistentTables>().WaitForTablesAsync(timeout: LoadTimeout);
        }

        return cluster;
    }

    private async Task<InProcessTestCluster> BeginAsync(short silos, PersistentTableDefinition<string, Counter>[] tables)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            foreach (var table in tables)
            {
                silo.Services.AddPersistentTable(table);
            }

            silo.UsePersistentTables();
            if (_activationTimeout is { } limit)
            {
                silo.Services.Configure<GrainCollectionOptions>(options => options.ActivationTimeout = limit);
            }

            // So small that the log is compacted several times.
            silo.Services.Configure<FragmentStorageOptions>(options => (options.LogSlots, options.LogBytesBeforeCompaction) = (128, 4_096));
            silo.Services.Replace(ServiceDescriptor.Singleton<IRowStore>(_rows));
            silo.Services.Replace(ServiceDescriptor.Singleton<IFragmentLogFactory, FragmentLogFactory>());
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }
}

/// <summary>A record of a table that is made anew.</summary>
[GenerateSerializer, Immutable, Alias("test.place")]
public sealed record Place([property: Id(0)] string Name);
