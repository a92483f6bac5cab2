using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Rows;
using MimGrains.Mnesia.Tests.Storage;
using MimGrains.Persistent;
using Orleans.TestingHost;
using CoreFragmentId = MimGrains.Core.Transactions.FragmentId;

namespace MimGrains.Mnesia.Tests.Transactions;

/// <summary>Transactions that are larger than a message, a row of the log, and a record.</summary>
public sealed class LargeTransactionTests : IAsyncLifetime
{
    private const int Records = 300;
    private const int RecordBytes = 20_000;

    private static readonly PersistentTableDefinition<int, Place> Ram =
        new("large-ram") { Storage = StorageType.Ram, Fragments = 2 };

    private static readonly PersistentTableDefinition<int, Place> Disc = new("large-disc") { Fragments = 2 };

    private static readonly PersistentTableDefinition<int, Place> DiscOnly = new("large-disc-only") { Storage = StorageType.DiscOnly };

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly MemoryRows _rows = new();
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(initialSilosCount: 3);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddPersistentTable(Ram).AddPersistentTable(Disc).AddPersistentTable(DiscOnly);
            silo.UsePersistentTables();
            silo.Services.Configure<FragmentStorageOptions>(options => options.MaxRowBytes = 300_000);
            silo.Services.Replace(ServiceDescriptor.Singleton<IRowStore>(_rows));
            silo.Services.Replace(ServiceDescriptor.Singleton<IFragmentLogFactory, FragmentLogFactory>());
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        foreach (var silo in _cluster.Silos)
        {
            await silo.ServiceProvider.GetRequiredService<IPersistentTables>().WaitForTablesAsync(timeout: Limit);
        }
    }

    public Task DisposeAsync() => _cluster.DisposeAsync().AsTask();

    [Fact]
    public async Task A_transaction_of_many_megabytes_over_tables_and_fragments_is_committed_and_survives_silos()
    {
        await WriteAsync(Transactions(0), 'a');
        await AssertAsync(Transactions(1), 'a');

        // Committed again and killed at once: whoever opens the fragments next has the large rows to replay.
        await WriteAsync(Transactions(1), 'b');
        var victim = HolderOf(Ram.Name, 0);
        await _cluster.KillSiloAsync(_cluster.Silos[victim]);
        await AssertAsync(Transactions(0), 'b');
        await WriteAsync(Transactions(1), 'c');
        await AssertAsync(Transactions(0), 'c');
    }

    [Fact]
    public async Task Of_a_large_transaction_that_is_aborted_nothing_stays()
    {
        await WriteAsync(Transactions(0), 'a');
        await Assert.ThrowsAsync<TransactionAbortedException>(() => Transactions(0).TransactionAsync(async transaction =>
        {
            await PutAsync(transaction, 'x');
            transaction.Abort("changed its mind");
        }));
        await AssertAsync(Transactions(2), 'a');
    }

    private static Task WriteAsync(ITransactions transactions, char text) =>
        transactions.TransactionAsync(transaction => PutAsync(transaction, text), new TransactionOptions { Timeout = Limit });

    private static async Task PutAsync(ITransaction transaction, char text)
    {
        var place = new Place(new string(text, RecordBytes));
        foreach (var table in new[] { Ram, Disc, DiscOnly })
        {
            await transaction.LockTableAsync(table, LockKind.Write);
            for (var key = 0; key < Records; key++)
            {
                await transaction.WriteAsync(table, key, place);
            }
        }
    }

    private static async Task AssertAsync(ITransactions transactions, char text)
    {
        foreach (var table in new[] { Ram, Disc, DiscOnly })
        {
            var entries = await transactions.TransactionAsync(
                async transaction => await transaction.SelectAsync(table), new TransactionOptions { Timeout = Limit });
            Assert.Equal(Records, entries.Count);
            Assert.All(entries, entry => Assert.True(
                entry.Record.Name.Length == RecordBytes && entry.Record.Name.All(letter => letter == text),
                $"{table.Name} {entry.Key}: {entry.Record.Name[..3]}"));
        }
    }

    private ITransactions Transactions(int silo) => _cluster.Silos[silo].ServiceProvider.GetRequiredService<ITransactions>();

    private int HolderOf(string table, int index) => Enumerable.Range(0, _cluster.Silos.Count).First(silo =>
        _cluster.Silos[silo].ServiceProvider.GetRequiredService<FragmentRegistry>().Find(new CoreFragmentId(table, index)) is not null);
}
