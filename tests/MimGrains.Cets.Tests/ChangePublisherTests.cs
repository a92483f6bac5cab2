using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cets.ChangeStreams;
using MimGrains.Tables;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace MimGrains.Cets.Tests;

/// <summary>One silo publishes the changes of a table after another one did.</summary>
public sealed class ChangePublisherTests : IAsyncLifetime
{
    /// <summary>The table, and so the key of the grain that is subscribed implicitly.</summary>
    public const string Moved = "moved";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TableDefinition<string, string> s_definition = new(Moved) { PublishesChanges = true };

    private readonly SeenChanges _seen = new();
    private readonly DeliveryGate _gate = new();
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(initialSilosCount: 3);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(_seen);
            silo.Services.AddSingleton<IOutgoingGrainCallFilter>(_gate);
            silo.UseReplicatedTables(options => options.HeartbeatPeriod = TimeSpan.FromMilliseconds(100));
            silo.Configure<ClusterMembershipOptions>(options => options.ProbeTimeout = TimeSpan.FromMilliseconds(500));
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public Task DisposeAsync() => _cluster.DisposeAsync().AsTask();

    // The oldest silo comes last to the table, and takes over while a delivery of the one before is on its way.
    [Fact]
    public async Task A_late_delivery_of_an_earlier_publisher_is_not_seen_after_the_beginning_of_a_later_one()
    {
        var silos = ByAge();
        var before = await AddAsync(silos[1]);
        await MarkedAsync();
        await before.InsertAsync("key", "first");
        await SeenAsync("first");
        await before.InsertAsync("key", DeliveryGate.Held);
        await _gate.Reached.WaitAsync(Patience);
        Assert.Null(_seen.TryNext(Moved));

        var after = await AddAsync(silos[0]);
        await MarkedAsync();
        await after.InsertAsync("key", "last");
        await SeenAsync("last");
        _gate.Release();
        await _gate.Delivered.WaitAsync(Patience);

        Assert.Null(_seen.TryNext(Moved));
        await before.InsertAsync("key", "end");
        Assert.Equal("last", (await SeenAsync("end")).Old);
    }

    [Fact]
    public async Task A_publisher_that_is_not_the_last_one_begins_anew_behind_a_mark()
    {
        var silo = ByAge()[1];
        var table = await AddAsync(silo);
        await MarkedAsync();
        await table.InsertAsync("key", "first");
        await SeenAsync("first");

        var terms = TableCluster.Table<string, PublisherTerm>(ByAge()[2], PublisherTerms.TableName);
        await terms.InsertSerialAsync(Moved, new PublisherTerm(7, "of a silo that is not there any more"));
        await MarkedAsync();
        await table.InsertAsync("key", "last");
        await SeenAsync("last");
        Assert.True(terms.TryGet(Moved, out var last));
        Assert.Equal(new PublisherTerm(8, silo.SiloAddress.ToParsableString()), last);
    }

    [Fact]
    public async Task Of_silos_that_want_to_publish_at_once_each_gets_a_term_of_its_own_which_all_know()
    {
        var terms = ByAge().Select(silo => silo.ServiceProvider.GetRequiredService<PublisherTerms>()).ToList();
        var taken = await Task.WhenAll(terms.Concat(terms).Select(silo => silo.TakeAsync("other", CancellationToken.None)));
        Assert.Equal([1, 2, 3, 4, 5, 6], taken.Order());
        Assert.All(terms, silo => Assert.Equal((true, false), (silo.Admits("other", 6), silo.Admits("other", 5))));

        // Also where the table of terms has not been told.
        Assert.True(terms[0].Admits("other", 9));
        Assert.False(terms[0].Admits("other", 8));
    }

    private static Task<IReplicatedTable<string, string>> AddAsync(InProcessSiloHandle silo) =>
        silo.ServiceProvider.GetRequiredService<ITableOperator>().AddAsync(s_definition);

    private List<InProcessSiloHandle> ByAge() =>
        [.. _cluster.Silos.OrderBy(silo => (silo.SiloAddress.Generation, silo.SiloAddress.ToParsableString()))];

    private Task<TableEvent<string, string>> MarkedAsync() => NextAsync(seen => seen.Kind == TableEventKind.Synced);

    private Task<TableEvent<string, string>> SeenAsync(string record) => NextAsync(seen => seen.New == record);

    private async Task<TableEvent<string, string>> NextAsync(Func<TableEvent<string, string>, bool> isMeant)
    {
        while (true)
        {
            var seen = await _seen.NextAsync(Moved, Patience);
            if (isMeant(seen))
            {
                return seen;
            }
        }
    }

    /// <summary>Holds the delivery of one record back.</summary>
    private sealed class DeliveryGate : IOutgoingGrainCallFilter
    {
        public const string Held = "held back";

        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public Task Delivered => _delivered.Task;

        public void Release() => _released.SetResult();

        public async Task Invoke(IOutgoingGrainCallContext context)
        {
            if (!_delivered.Task.IsCompleted && IsMeant(context.Request))
            {
                _reached.TrySetResult();
                await _released.Task;
                await context.Invoke();
                _delivered.TrySetResult();
            }
            else
            {
                await context.Invoke();
            }
        }

        private static bool IsMeant(Orleans.Serialization.Invocation.IInvokable call) =>
            Enumerable.Range(0, call.GetArgumentCount()).Select(call.GetArgument)
                .OfType<ChangeBatch<string, string>>().Any(batch => batch.Events.Any(change => change.New == Held));
    }
}
