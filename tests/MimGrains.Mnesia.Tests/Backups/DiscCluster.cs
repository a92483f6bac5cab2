using Microsoft.Extensions.DependencyInjection;
using MimGrains.Clustering.Rdbms;
using MimGrains.Configuration;
using MimGrains.Mnesia.Backups;
using MimGrains.Mnesia.Storage;
using MimGrains.Persistent;
using Orleans.TestingHost;

namespace MimGrains.Mnesia.Tests.Backups;

/// <summary>Silos in this process, with persistent tables on disc in a SQL database. Another cluster on the same one goes on with them.</summary>
internal sealed class DiscCluster : IAsyncDisposable
{
    public const int Accounts = 30;
    public const long FirstBalance = 100;

    public static readonly PersistentTableDefinition<int, Counter> Balances = new("balances") { Fragments = 3 };
    public static readonly PersistentTableDefinition<string, Counter> Names = new("names") { Type = PersistentTableType.Bag };

    public static readonly PersistentTableDefinition<int, Counter> Stored = new("stored") { Storage = StorageType.DiscOnly, Fragments = 2 };

    private static readonly TimeSpan LoadTimeout = TimeSpan.FromSeconds(120);

    private readonly InProcessTestCluster _cluster;

    private DiscCluster(InProcessTestCluster cluster) => _cluster = cluster;

    public static async Task<DiscCluster> StartAsync(RdbmsConnectionOptions database, string dataDirectory, short silos = 2)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ServiceId = "disc";
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddPersistentTable(Balances).AddPersistentTable(Names).AddPersistentTable(Stored);
            silo.Services.AddFragmentStorage().AddPersistentBackups(settings => settings.DataDirectory = dataDirectory);
            silo.AddRdbmsGrainStorage(FragmentStorageExtensions.ProviderName, database);
            silo.UsePersistentTables();
        });
        var cluster = new DiscCluster(builder.Build());
        await cluster._cluster.DeployAsync();
        foreach (var silo in cluster._cluster.Silos)
        {
            await silo.ServiceProvider.GetRequiredService<IPersistentTables>().WaitForTablesAsync(timeout: LoadTimeout);
        }

        return cluster;
    }

    public ITransactions Transactions(int silo) => Of<ITransactions>(silo);

    public IPersistentBackups Backups(int silo) => Of<IPersistentBackups>(silo);

    public T Of<T>(int silo)
        where T : notnull => _cluster.Silos[silo].ServiceProvider.GetRequiredService<T>();

    public Task FillAsync() => Transactions(0).TransactionAsync(async transaction =>
    {
        for (var account = 0; account < Accounts; account++)
        {
            await transaction.WriteAsync(Balances, account, new Counter(FirstBalance));
            await transaction.WriteAsync(Stored, account, new Counter(account));
        }

        await transaction.WriteAsync(Names, "anna", new Counter(1));
        await transaction.WriteAsync(Names, "anna", new Counter(2));
    });

    /// <summary>Gives so many accounts the same balance, in one transaction.</summary>
    public Task FillManyAsync(int accounts, long value) => Transactions(0).TransactionAsync(
        async transaction =>
        {
            await transaction.LockTableAsync(Balances, LockKind.Write);
            for (var account = 0; account < accounts; account++)
            {
                await transaction.WriteAsync(Balances, account, new Counter(value));
            }
        },
        new TransactionOptions { Timeout = LoadTimeout });

    /// <summary>Sums all balances again and again, each time in a transaction, until it is told to stop.</summary>
    public async Task<IReadOnlyList<long>> SumsAsync(int silo, CancellationToken stop)
    {
        List<long> sums = [];
        while (!stop.IsCancellationRequested)
        {
            sums.Add(await SumAsync(silo));
        }

        return sums;
    }

    /// <summary>Moves money between accounts of different fragments, until it is told to stop. Returns how often.</summary>
    public async Task<int> TransferAsync(int silo, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        var count = 0;
        while (!stop.IsCancellationRequested)
        {
            var from = random.Next(Accounts);
            var to = (from + 1 + random.Next(Accounts - 1)) % Accounts;
            await Transactions(silo).TransactionAsync(
                async transaction =>
                {
                    var source = await transaction.ReadForWriteAsync(Balances, from);
                    var target = await transaction.ReadForWriteAsync(Balances, to);
                    await transaction.WriteAsync(Balances, from, new Counter(source!.Value - 1));
                    await transaction.WriteAsync(Balances, to, new Counter(target!.Value + 1));
                },
                cancellationToken: CancellationToken.None);
            count++;
        }

        return count;
    }

    public Task<List<string>> ShowAsync(int silo) => Transactions(silo).TransactionAsync(async transaction =>
    {
        var balances = await transaction.SelectAsync(Balances);
        var names = await transaction.SelectAsync(Names);
        var stored = await transaction.SelectAsync(Stored);
        return balances.Concat(stored).Select(entry => $"{entry.Key}={entry.Record.Value}")
            .Concat(names.Select(entry => $"{entry.Key}={entry.Record.Value}").Order(StringComparer.Ordinal)).ToList();
    });

    public Task<long> SumAsync(int silo) => Transactions(silo).TransactionAsync(async transaction =>
        await transaction.FoldAsync(Balances, 0L, (sum, entry) => sum + entry.Record.Value));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
