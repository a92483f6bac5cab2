using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MimGrains.Configuration;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;
using Orleans.Serialization;
using Orleans.TestingHost;

namespace MimGrains.Mnesia.Tests.Tables;

/// <summary>Storage and fragments of a table from a silo's options, over what its definition says.</summary>
public sealed class TableOptionTests
{
    private const int Fragments = 4;

    private static readonly TableIndex<string, Counter, long> ByValue = new("value", (_, counter) => counter.Value);

    private static readonly PersistentTableDefinition<string, Counter> Cut =
        new PersistentTableDefinition<string, Counter>("cut").WithIndex(ByValue);

    private static readonly PersistentTableDefinition<string, Counter> Plain = new("plain");

    [Fact]
    public async Task The_options_of_the_silos_decide_over_the_definition()
    {
        await using var cluster = await StartAsync(2, () => new() { Storage = StorageType.Ram, Fragments = Fragments }, Cut);
        var tables = Tables(cluster, 0);
        await tables.WaitForTablesAsync(timeout: TimeSpan.FromSeconds(60));
        await Tables(cluster, 1).WaitForTablesAsync(timeout: TimeSpan.FromSeconds(60));
        for (var key = 0; key < 20; key++)
        {
            await cluster.Silos[key % 2].ServiceProvider.GetRequiredService<ITransactions>().SyncTransactionAsync(
                async transaction => await transaction.WriteAsync(Cut, $"{key}", new Counter(key)));
        }

        Assert.Equal((StorageType.Ram, Fragments), (tables.GetInfo("cut").Storage, tables.GetInfo("cut").Fragments));
        Assert.All(Enumerable.Range(0, Fragments), index => Assert.Single(
            cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<FragmentRegistry>()),
            registry => registry.Find(new FragmentId("cut", index)) is not null));
        Assert.Equal(20, tables.Get<string, Counter>("cut").Count);
        Assert.Equal("7", Assert.Single(Tables(cluster, 1).Get<string, Counter>("cut").Lookup(ByValue, 7)).Key);
        Assert.Equal(StorageType.Disc, Cut.Storage);
    }

    [Fact]
    public async Task A_registered_table_is_created_already_as_it_is_declared_and_as_it_is()
    {
        await using var cluster = await StartAsync(1, () => new() { Storage = StorageType.Ram, Fragments = Fragments }, Plain);
        var table = Tables(cluster, 0).Get<string, Counter>("plain");

        Assert.Same(table, await Tables(cluster, 0).CreateAsync(Plain));
        Assert.Same(table, await Tables(cluster, 0).CreateAsync(
            new PersistentTableDefinition<string, Counter>("plain") { Storage = StorageType.Ram, Fragments = Fragments }));
        await Assert.ThrowsAsync<ArgumentException>(
            () => Tables(cluster, 0).CreateAsync(new PersistentTableDefinition<string, Counter>("plain") { Fragments = 2 }));
    }

    [Theory]
    [InlineData(StorageType.Ram, 2, StorageType.Ram, 3)]
    [InlineData(StorageType.Disc, 1, StorageType.Ram, 1)]
    [InlineData(StorageType.DiscOnly, 1, StorageType.Disc, 1)]
    [InlineData(StorageType.Disc, 1, StorageType.DiscOnly, 1)]
    [InlineData(StorageType.DiscOnly, 1, StorageType.DiscOnly, 2)]
    public async Task A_silo_with_other_options_than_the_others_does_not_start(
        StorageType storage, int fragments, StorageType otherStorage, int otherFragments)
    {
        var options = new MnesiaTableOptions { Storage = storage, Fragments = fragments };
        await using var cluster = await StartAsync(1, () => options, Plain);
        options = new MnesiaTableOptions { Storage = otherStorage, Fragments = otherFragments };

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => cluster.StartAdditionalSiloAsync());

        var mismatch = Assert.IsType<TableDefinitionMismatchException>(refused.GetBaseException());
        // The storage can be changed while the cluster runs: it is compared apart from the rest.
        var isStorage = fragments == otherFragments;
        Assert.Contains(
            $", Set, {(isStorage ? $"{storage}, " : "")}fragments {fragments}, version", mismatch.Message, StringComparison.Ordinal);
        Assert.Contains(
            $", Set, {(isStorage ? $"{otherStorage}, " : "")}fragments {otherFragments}, version", mismatch.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_of_a_table_that_is_not_registered_are_refused_with_their_place_and_the_tables_that_are()
    {
        var error = Refuse("sesion", new() { Fragments = 2, Origin = "mim.toml:7" });

        Assert.Equal(
            ("sesion", "mim.toml:7", "mim.toml:7: table sesion: this silo registers no such persistent table; it has: [cut, plain]."),
            (error.Table, error.Origin, error.Message));
        Assert.Null(Refuse("Plain", new()).Origin);
    }

    [Fact]
    public void Options_that_do_not_go_with_a_definition_are_refused_with_their_place()
    {
        var error = Refuse("cut", new() { Storage = StorageType.DiscOnly, Origin = "mim.toml:7" });

        Assert.Equal("mim.toml:7", error.Origin);
        Assert.Contains("indexes need copies in memory", error.Message, StringComparison.Ordinal);
        Assert.Contains("65", Refuse("cut", new() { Fragments = 65 }).Message, StringComparison.Ordinal);
    }

    private static TableDefinitionException Refuse(string table, MnesiaTableOptions options)
    {
        var mnesia = new MnesiaOptions { Tables = { [table] = options } };
        var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        return Assert.Throws<TableDefinitionException>(() => new TableRegistry([Plain, Cut], Options.Create(mnesia), services));
    }

    private static IPersistentTables Tables(InProcessTestCluster cluster, int silo) =>
        cluster.Silos[silo].ServiceProvider.GetRequiredService<IPersistentTables>();

    /// <summary>Starts silos that ask for the options of the table when they start.</summary>
    private static async Task<InProcessTestCluster> StartAsync(
        short silos, Func<MnesiaTableOptions> options, PersistentTableDefinition<string, Counter> table)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddPersistentTable(table);
            silo.Services.Configure<MnesiaOptions>(mnesia => mnesia.Tables[table.Name] = options());
            silo.UsePersistentTables();
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }
}
