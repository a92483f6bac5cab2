using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Rows;
using MimGrains.Mnesia.Tests.Storage;
using MimGrains.Mnesia.Transactions;
using MimGrains.Persistent;
using MimGrains.Tables;
using Orleans.TestingHost;
using TransactionId = MimGrains.Persistent.TransactionId;

namespace MimGrains.Mnesia.Tests.Transactions;

/// <summary>What became of a transaction whose coordinator is dead is known to its decider, wherever that has moved.</summary>
public sealed class OutcomeTests
{
    private const int Silos = 2;

    // More rows than a log has before it is compacted.
    private const int LaterCommits = 300;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<StorageType, PersistentTableDefinition<string, Counter>> Tables =
        Enum.GetValues<StorageType>().ToDictionary(
            storage => storage, storage => new PersistentTableDefinition<string, Counter>($"outcome-{storage}") { Storage = storage });

    [Theory]
    [InlineData(StorageType.Ram, false), InlineData(StorageType.Ram, true)]
    [InlineData(StorageType.Disc, false), InlineData(StorageType.Disc, true)]
    [InlineData(StorageType.DiscOnly, false), InlineData(StorageType.DiscOnly, true)]
    public async Task What_one_fragment_has_committed_is_known_to_the_next_one_although_nobody_got_the_answer(
        StorageType storage, bool isCompacted)
    {
        await using var cluster = await StartAsync();
        var fragment = new FragmentId(Tables[storage].Name, 0);
        var holder = cluster.Silos.First(silo => silo.ServiceProvider.GetRequiredService<FragmentRegistry>().Find(fragment) is not null);
        var survivor = cluster.Silos.First(silo => silo != holder).ServiceProvider;
        var id = await CommitAsync(holder.ServiceProvider, storage, fragment);
        var unknown = holder.ServiceProvider.GetRequiredService<TransactionLedger>().Begin();
        for (var later = 0; isCompacted && later < LaterCommits; later++)
        {
            await survivor.GetRequiredService<ITransactions>().TransactionAsync(
                async transaction => await transaction.WriteAsync(Tables[storage], $"later {later % 10}", new Counter(later)));
        }

        await cluster.KillSiloAsync(holder);
        Assert.Equal(TransactionOutcome.Committed, await OutcomeAsync(survivor, id, fragment));
        Assert.Equal(TransactionOutcome.Aborted, await OutcomeAsync(survivor, unknown, fragment));
        var record = await survivor.GetRequiredService<ITransactions>().TransactionAsync(
            async transaction => await transaction.ReadAsync(Tables[storage], "k"));
        Assert.Equal(7, record!.Value);
    }

    // As a transaction of one fragment does it, whose coordinator dies before the answer is there.
    private static async Task<Core.Transactions.TransactionId> CommitAsync(IServiceProvider coordinator, StorageType storage, FragmentId fragment)
    {
        var caller = coordinator.GetRequiredService<FragmentCaller>();
        var bytes = coordinator.GetRequiredService<TransactionServices>().Get(Tables[storage]).Bytes;
        var id = coordinator.GetRequiredService<TransactionLedger>().Begin();
        var epoch = coordinator.GetRequiredService<FragmentDirectory>().EpochOf(fragment);
        var commit = new PlannedCall(fragment, PlannedCallKind.Commit, id, new TransactionAge(0, id), epoch, HasLocks: false, IsPatient: false)
        {
            Writes = [new FragmentWrite(WriteKind.Put, bytes.ToBytes("k"), bytes.RecordBytes(new Counter(7)))],
        };
        var reply = await caller.AskAsync(fragment, FragmentRequest.Of(commit, caller.Self, firstOpen: 0, isSync: false));
        Assert.Equal(AnswerKind.Committed, reply.Kind);
        return id;
    }

    // Unknown as long as the coordinator is not known to be dead, or the fragment has not moved yet.
    private static async Task<TransactionOutcome> OutcomeAsync(
        IServiceProvider asks, Core.Transactions.TransactionId id, FragmentId decider)
    {
        var name = new TransactionId($"{TransactionLedger.NameOf(id)}@{decider}");
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            try
            {
                var outcome = await asks.GetRequiredService<ITransactions>().OutcomeAsync(name, limit.Token);
                if (outcome != TransactionOutcome.Unknown)
                {
                    return outcome;
                }
            }
            catch (Exception) when (!limit.IsCancellationRequested)
            {
                // Its silo cannot be reached any more.
            }

            await Task.Delay(10, limit.Token);
        }
    }

    private static async Task<InProcessTestCluster> StartAsync()
    {
        var rows = new MemoryRows();
        var builder = new InProcessTestClusterBuilder(Silos);
        builder.ConfigureSilo((_, silo) =>
        {
            foreach (var table in Tables.Values)
            {
                silo.Services.AddPersistentTable(table);
            }

            silo.UsePersistentTables();
            silo.Services.Configure<FragmentStorageOptions>(options => (options.LogSlots, options.LogBytesBeforeCompaction) = (128, 4_096));
            silo.Services.Replace(ServiceDescriptor.Singleton<IRowStore>(rows));
            silo.Services.Replace(ServiceDescriptor.Singleton<IFragmentLogFactory, FragmentLogFactory>());
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        foreach (var silo in cluster.Silos)
        {
            await silo.ServiceProvider.GetRequiredService<IPersistentTables>().WaitForTablesAsync(timeout: Limit);
        }

        return cluster;
    }
}
