using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace MimGrains.Cets.Tests;

/// <summary>Grains that subscribe to the changes of a table, as to any stream of Orleans.</summary>
public sealed class ChangeStreamTests : IAsyncLifetime
{
    /// <summary>The table, and so the key of the grain that is subscribed implicitly.</summary>
    public const string Published = "published";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SeenChanges _seen = new();
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(initialSilosCount: 3);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(_seen);
            silo.Services.AddReplicatedTable(new TableDefinition<string, string>(Published) { PublishesChanges = true });
            silo.UseReplicatedTables(options => options.HeartbeatPeriod = TimeSpan.FromMilliseconds(100));
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.Configure<ClusterMembershipOptions>(options => options.ProbeTimeout = TimeSpan.FromMilliseconds(500));
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public Task DisposeAsync() => _cluster.DisposeAsync().AsTask();

    [Fact]
    public async Task An_implicit_subscriber_gets_the_changes_of_all_silos_in_order()
    {
        await MarkedAsync(Published);
        await Table(0).InsertAsync("key", "one");
        await Table(1).InsertAsync("key", "two");
        await Table(2).DeleteAsync("key");
        await Table(2).InsertAsync("other", "three");

        Assert.Equal(
            [
                (TableEventKind.Inserted, "key", null, "one"), (TableEventKind.Updated, "key", "one", "two"),
                (TableEventKind.Deleted, "key", "two", null), (TableEventKind.Inserted, "other", null, "three"),
            ],
            await ChangesAsync(Published, untilKey: "other"));
    }

    [Fact]
    public async Task Many_changes_come_once_each_and_in_order()
    {
        await MarkedAsync(Published);
        const int Count = 20_000;
        await Table(1).InsertManyAsync([.. Enumerable.Range(0, Count).Select(i => new TableEntry<string, string>($"{i:00000}", "x"))]);
        await Table(1).InsertAsync("end", "x");
        var changes = await ChangesAsync(Published, untilKey: "end");
        Assert.Equal([.. Enumerable.Range(0, Count).Select(i => $"{i:00000}"), "end"], changes.Select(change => change.Key));
    }

    [Fact]
    public async Task An_explicit_subscriber_is_told_a_beginning_from_which_nothing_is_missing()
    {
        await MarkedAsync(Published);
        await Table(0).InsertAsync("before", "one");
        await ChangesAsync(Published, untilKey: "before");
        var grain = _cluster.Client.GetGrain<IFollowerGrain>("follower");
        await grain.SubscribeAsync();
        var mark = await MarkedAsync("follower");
        await Table(2).ReadAfterAsync(mark.Token!.Value);
        Assert.True(Table(2).TryGet("before", out _));

        await Table(1).InsertAsync("after", "two");
        Assert.Contains((TableEventKind.Inserted, "after", null, "two"), await ChangesAsync("follower", untilKey: "after"));
        await grain.UnsubscribeAsync();
    }

    [Fact]
    public async Task The_records_of_a_dead_owner_are_told_as_lost()
    {
        await MarkedAsync(Published);
        var dead = ByAge()[^1];
        await TableCluster.Table<string, string>(dead, Published).InsertAsync("its own", "one");
        await _cluster.KillSiloAsync(dead);

        List<TableEvent<string, string>> events = [];
        while (events is not [.., { Kind: TableEventKind.Lost }])
        {
            events.Add(await _seen.NextAsync(Published, Patience));
        }

        Assert.Equal(dead.SiloAddress.ToParsableString(), Assert.Single(events, seen => seen.Kind == TableEventKind.OwnerLost).Owner);
        Assert.Equal("its own", events[^1].Key);
        Assert.Equal("one", events[^1].Old);
    }

    [Fact]
    public async Task When_the_silo_dies_that_publishes_another_one_goes_on_behind_a_mark()
    {
        await MarkedAsync(Published);
        await Table(0).InsertAsync("seen", "one");
        await ChangesAsync(Published, untilKey: "seen");
        var silos = ByAge();
        await _cluster.KillSiloAsync(silos[0]);

        var table = TableCluster.Table<string, string>(silos[^1], Published);
        var mark = await MarkedAsync(Published);
        Assert.NotNull(mark.Token);
        await table.InsertAsync("afterwards", "two");
        Assert.Contains(
            (TableEventKind.Inserted, "afterwards", null, "two"), await ChangesAsync(Published, untilKey: "afterwards"));
    }

    private List<InProcessSiloHandle> ByAge() =>
        [.. _cluster.Silos.OrderBy(silo => (silo.SiloAddress.Generation, silo.SiloAddress.ToParsableString()))];

    private IReplicatedTable<string, string> Table(int silo) => TableCluster.Table<string, string>(_cluster.Silos[silo], Published);

    private async Task<TableEvent<string, string>> MarkedAsync(string subscriber)
    {
        while (true)
        {
            var seen = await _seen.NextAsync(subscriber, Patience);
            if (seen.Kind == TableEventKind.Synced)
            {
                return seen;
            }
        }
    }

    private async Task<List<(TableEventKind Kind, string Key, string? Old, string? New)>> ChangesAsync(string subscriber, string untilKey)
    {
        List<(TableEventKind Kind, string Key, string? Old, string? New)> changes = [];
        while (changes.Count == 0 || changes[^1].Key != untilKey)
        {
            var seen = await _seen.NextAsync(subscriber, Patience);
            Assert.NotEqual(TableEventKind.Listed, seen.Kind);
            if (seen.Kind is not TableEventKind.Synced and not TableEventKind.OwnerLost)
            {
                changes.Add((seen.Kind, seen.Key, seen.Old, seen.New));
            }
        }

        return changes;
    }
}
