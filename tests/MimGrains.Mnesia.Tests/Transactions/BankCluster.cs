using Microsoft.Extensions.DependencyInjection;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Persistent;
using MimGrains.Tables;
using Orleans.TestingHost;

namespace MimGrains.Mnesia.Tests.Transactions;

/// <summary>Three silos in this process, with persistent tables in memory.</summary>
public sealed class BankCluster : IAsyncLifetime
{
    public const int Accounts = 20;
    public const long FirstBalance = 100;

    public static readonly TableIndex<string, Counter, long> ByValue = new("value", (_, counter) => counter.Value);

    public static readonly PersistentTableDefinition<string, Counter> Balances =
        new PersistentTableDefinition<string, Counter>("balances") { Storage = StorageType.Ram, Fragments = 3 }.WithIndex(ByValue);

    public static readonly PersistentTableDefinition<string, Counter> Tallies = new("tallies") { Storage = StorageType.Ram };

    public static readonly PersistentTableDefinition<string, Counter> Bag =
        new("bag") { Storage = StorageType.Ram, Type = PersistentTableType.Bag };

    private static readonly TimeSpan LoadTimeout = TimeSpan.FromSeconds(60);

    public InProcessTestCluster Cluster { get; private set; } = null!;

    /// <summary>What else a silo gets.</summary>
    public Action<IServiceCollection>? Configure { get; init; }

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(initialSilosCount: 3);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddPersistentTable(Balances).AddPersistentTable(Tallies).AddPersistentTable(Bag);
            silo.UsePersistentTables();
            Configure?.Invoke(silo.Services);
        });
        Cluster = builder.Build();
        await Cluster.DeployAsync();
        foreach (var silo in Cluster.Silos)
        {
            await silo.ServiceProvider.GetRequiredService<IPersistentTables>().WaitForTablesAsync(timeout: LoadTimeout);
        }
    }

    public Task DisposeAsync() => Cluster.DisposeAsync().AsTask();

    public IServiceProvider Services(int silo) => Cluster.Silos[silo].ServiceProvider;

    public ITransactions Transactions(int silo) => Services(silo).GetRequiredService<ITransactions>();

    public IPersistentTable<string, Counter> Table(int silo) =>
        Services(silo).GetRequiredKeyedService<IPersistentTable<string, Counter>>(Balances.Name);

    internal FragmentRegistry Registry(int silo) => Services(silo).GetRequiredService<FragmentRegistry>();

    /// <summary>Returns a silo that holds a fragment of a table; the first one that does.</summary>
    internal int HolderOf(string table, int index) => Enumerable.Range(0, Cluster.Silos.Count)
        .First(silo => Registry(silo).Find(new FragmentId(table, index)) is not null);

    public Task FillAsync() => Transactions(0).TransactionAsync(async transaction =>
    {
        foreach (var key in await transaction.AllKeysAsync(Balances))
        {
            await transaction.DeleteAsync(Balances, key);
        }

        for (var account = 0; account < Accounts; account++)
        {
            await transaction.WriteAsync(Balances, $"{account}", new Counter(FirstBalance));
        }
    });

    /// <summary>Transfers between two accounts that a generator picks.</summary>
    public static Task TransferAsync(ITransactions transactions, Random random)
    {
        var from = random.Next(Accounts);
        return TransferAsync(transactions, from, (from + 1 + random.Next(Accounts - 1)) % Accounts, random.Next(10));
    }

    public static Task TransferAsync(ITransactions transactions, int from, int to, long amount) =>
        transactions.TransactionAsync(async transaction =>
        {
            var source = await transaction.ReadForWriteAsync(Balances, $"{from}");
            var target = await transaction.ReadForWriteAsync(Balances, $"{to}");
            await transaction.WriteAsync(Balances, $"{from}", new Counter(source!.Value - amount));
            await transaction.WriteAsync(Balances, $"{to}", new Counter(target!.Value + amount));
        });

    public static Task<long> SumAsync(ITransactions transactions) => transactions.TransactionAsync(async transaction =>
        await transaction.FoldAsync(Balances, 0L, (sum, entry) => sum + entry.Record.Value));
}
