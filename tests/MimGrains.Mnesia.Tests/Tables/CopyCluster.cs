using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cets.Tables;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;
using Orleans.TestingHost;

namespace MimGrains.Mnesia.Tests.Tables;

/// <summary>Two silos in this process with copies of persistent tables, which the test writes itself, in the place of fragments.</summary>
public sealed class CopyCluster : IAsyncLifetime
{
    public static readonly TableIndex<string, Counter, long> ByValue = new("value", (_, counter) => counter.Value);
    public static readonly PersistentTableDefinition<string, Counter> Counters =
        new PersistentTableDefinition<string, Counter>("counters") { Storage = StorageType.Ram }.WithIndex(ByValue);

    public static readonly PersistentTableDefinition<string, Counter> Bag =
        new("bag") { Storage = StorageType.Ram, Type = PersistentTableType.Bag };

    public static readonly PersistentTableDefinition<string, Counter> Late = new("late");
    public static readonly PersistentTableDefinition<string, Counter> DiscOnly = new("disc-only") { Storage = StorageType.DiscOnly };

    private readonly InProcessTestClusterBuilder _builder = new(initialSilosCount: 2);

    public InProcessTestCluster Cluster { get; private set; } = null!;

    internal GatedLoader Loader { get; } = new();

    public IPersistentTables Tables(int silo) => Services(silo).GetRequiredService<IPersistentTables>();

    public IPersistentTable<string, Counter> Table(int silo, PersistentTableDefinition<string, Counter> definition) =>
        Services(silo).GetRequiredKeyedService<IPersistentTable<string, Counter>>(definition.Name);

    public Task PutAsync(int silo, PersistentTableDefinition<string, Counter> definition, string key, long value)
    {
        var parts = Services(silo).GetRequiredService<TableRegistry>().Get<string, Counter>(definition.Name);
        return parts.CopyIn(Services(silo).GetRequiredService<TableCatalog>()).ApplyAsync(
            0, [new FragmentWrite(WriteKind.Put, parts.Bytes.ToBytes(key), parts.Bytes.RecordBytes(new Counter(value)))]);
    }

    public IServiceProvider Services(int silo) => Cluster.Silos[silo].ServiceProvider;

    public async Task InitializeAsync()
    {
        _builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddPersistentTable(Counters).AddPersistentTable(Bag).AddPersistentTable(Late).AddPersistentTable(DiscOnly);
            silo.UsePersistentTables();
            silo.Services.AddSingleton<IFragmentLoader>(Loader);
        });
        Cluster = _builder.Build();
        await Cluster.DeployAsync();
    }

    public Task DisposeAsync() => Cluster.DisposeAsync().AsTask();
}

/// <summary>Loads every table at once, and "late" when the test says so.</summary>
internal sealed class GatedLoader : IFragmentLoader
{
    private int _failures = 2;

    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<string> Dropped { get; } = [];

    public Task ClearAsync(PersistentTableDefinition definition, CancellationToken cancellationToken) =>
        throw new NotSupportedException("There are no fragments in this cluster.");

    public Task DropAsync(PersistentTableDefinition definition, CancellationToken cancellationToken)
    {
        Dropped.Add(definition.Name);
        return Task.CompletedTask;
    }

    public async Task LoadAsync(PersistentTableDefinition definition, CancellationToken cancellationToken)
    {
        if (definition.Name == CopyCluster.Late.Name)
        {
            if (Interlocked.Decrement(ref _failures) >= 0)
            {
                throw new PersistentTableUnavailableException(definition.Name, "the database is away");
            }

            await Gate.Task.WaitAsync(cancellationToken);
        }
    }
}
