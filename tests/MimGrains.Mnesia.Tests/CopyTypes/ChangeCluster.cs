using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MimGrains.Clustering.Rdbms;
using MimGrains.Configuration;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Rows;
using MimGrains.Persistent;
using Orleans.TestingHost;

namespace MimGrains.Mnesia.Tests.CopyTypes;

/// <summary>Silos in this process with one table whose storage is changed. Another cluster on the same rows goes on with it.</summary>
internal sealed class ChangeCluster : IAsyncDisposable
{
    public const string Name = "moved";
    public const int Fragments = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly InProcessTestCluster _cluster;

    private ChangeCluster(InProcessTestCluster cluster) => _cluster = cluster;

    public int Count => _cluster.Silos.Count;

    public static PersistentTableDefinition<string, Counter> Define(
        StorageType storage, PersistentTableType type = PersistentTableType.Set) =>
        new(Name) { Storage = storage, Type = type, Fragments = Fragments };

    /// <summary>Starts silos whose rows are in memory, or in a SQL database.</summary>
    public static async Task<ChangeCluster> StartAsync(
        Func<PersistentTableDefinition<string, Counter>> define, IRowStore? rows, RdbmsConnectionOptions? database = null, short silos = 2)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ServiceId = "change";
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddPersistentTable(define());
            silo.UsePersistentTables();
            // So small that the log is compacted, and so impatient that a database that is away is noticed soon.
            silo.Services.Configure<FragmentStorageOptions>(options => (options.LogSlots, options.LogBytesBeforeCompaction, options.WriteTimeout)
                = (128, 4_096, database is null ? TimeSpan.FromMilliseconds(200) : options.WriteTimeout));
            if (database is not null)
            {
                silo.Services.AddFragmentStorage();
                silo.AddRdbmsGrainStorage(FragmentStorageExtensions.ProviderName, database);
            }
            else if (rows is not null)
            {
                silo.Services.Replace(ServiceDescriptor.Singleton(rows));
                silo.Services.Replace(ServiceDescriptor.Singleton<IFragmentLogFactory, FragmentLogFactory>());
            }
        });
        var cluster = new ChangeCluster(builder.Build());
        await cluster._cluster.DeployAsync();
        for (var silo = 0; silo < silos; silo++)
        {
            await cluster.LoadedAsync(silo);
        }

        return cluster;
    }

    public async Task<int> AddSiloAsync()
    {
        await _cluster.StartAdditionalSiloAsync();
        await LoadedAsync(Count - 1);
        return Count - 1;
    }

    public Task KillAsync(int silo) => _cluster.KillSiloAsync(_cluster.Silos[silo]);

    public Task StopAsync(int silo) => _cluster.StopSiloAsync(_cluster.Silos[silo]);

    public T Of<T>(int silo)
        where T : notnull => _cluster.Silos[silo].ServiceProvider.GetRequiredService<T>();

    public IPersistentTables Tables(int silo) => Of<IPersistentTables>(silo);

    public IPersistentTable<string, Counter> Table(int silo) => Tables(silo).Get<string, Counter>(Name);

    public ITransactions Transactions(int silo) => Of<ITransactions>(silo);

    public StorageType StorageOf(int silo) => Tables(silo).GetInfo(Name).Storage;

    public Task ChangeAsync(
        int silo, StorageType storage, IProgress<StorageChangeProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Tables(silo).ChangeStorageAsync(Name, storage, progress, cancellationToken);

    /// <summary>Has the next change of a silo wait at a step for ever, and completes when it is there.</summary>
    public Task HoldAt(int silo, StorageChangeStep step, Task? until = null)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Of<StorageChanges>(silo).AfterStep = async at =>
        {
            if (at == step)
            {
                reached.TrySetResult();
                await (until ?? new TaskCompletionSource().Task);
            }
        };
        return reached.Task.WaitAsync(Limit);
    }

    /// <summary>Adds to counters, each in a transaction of two, until it is told to stop. Returns how often.</summary>
    public async Task<long> AddUpAsync(int silo, PersistentTableDefinition<string, Counter> table, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        var transactions = Transactions(silo);
        var done = 0L;
        while (!stop.IsCancellationRequested)
        {
            var first = random.Next(10);
            await transactions.TransactionAsync(
                async transaction =>
                {
                    await transaction.UpdateCounterAsync(table, $"{first}", 1);
                    await transaction.UpdateCounterAsync(table, $"{(first + 1) % 10}", 1);
                },
                cancellationToken: CancellationToken.None);
            done += 2;
        }

        return done;
    }

    public Task<long> SumAsync(int silo, PersistentTableDefinition<string, Counter> table) => Transactions(silo).TransactionAsync(
        async transaction => await transaction.FoldAsync(table, 0L, (sum, entry) => sum + entry.Record.Value));

    public Task<List<string>> ShowAsync(int silo, PersistentTableDefinition<string, Counter> table) => Transactions(silo).TransactionAsync(
        async transaction => (await transaction.SelectAsync(table)).Select(entry => $"{entry.Key}={entry.Record.Value}")
            .Order(StringComparer.Ordinal).ToList());

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
        {
            await Task.Delay(10, limit.Token);
        }
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private Task LoadedAsync(int silo) => Tables(silo).WaitForTablesAsync(timeout: Limit);
}
