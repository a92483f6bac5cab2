using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cets.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tests.Tables;

public sealed class SystemEventTests(CopyCluster cluster) : IClassFixture<CopyCluster>
{
    [Fact]
    public async Task What_happens_to_silos_and_tables_is_told()
    {
        await cluster.Tables(0).WaitForTablesAsync(["counters"]);
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var watch = cluster.Tables(0).WatchSystemAsync(end.Token).GetAsyncEnumerator(end.Token);
        var first = await UntilAsync(watch, one => one.Kind == SystemEventKind.Synced);
        Assert.Equal(2, first.Count(one => one.Kind == SystemEventKind.SiloUp));
        Assert.Contains(first, one => one is { Kind: SystemEventKind.TableLoaded, Table: "counters" });

        await cluster.Tables(1).CreateAsync(new PersistentTableDefinition<string, Counter>("event") { Storage = StorageType.Ram });

        // It loads beside the one who tells that it was added: either may be first.
        await UntilAllAsync(
            watch,
            one => one is { Kind: SystemEventKind.SchemaAdded, Table: "event", Detail: "" },
            one => one is { Kind: SystemEventKind.TableLoaded, Table: "event" });
        await cluster.Tables(1).AddIndexAsync("event", "Value");
        await UntilAsync(watch, one => one is { Kind: SystemEventKind.SchemaAdded, Table: "event", Detail: "Value" });
        await cluster.Tables(1).DeleteAsync("event");
        await UntilAsync(watch, one => one is { Kind: SystemEventKind.SchemaRemoved, Table: "event" });

        var late = await cluster.Cluster.StartAdditionalSiloAsync();
        var silo = late.SiloAddress.ToParsableString();
        await UntilAsync(watch, one => one.Kind == SystemEventKind.SiloUp && one.Silo == silo);
        await cluster.Cluster.StopSiloAsync(late);
        await UntilAsync(watch, one => one.Kind == SystemEventKind.SiloDown && one.Silo == silo);

        var observer = cluster.Services(0).GetRequiredService<ITableObserver>();
        observer.OnReplicasDiffer("mnesia$copy$counters", 3);
        observer.OnReplicasMended("mnesia$copy$counters", 3);
        observer.OnOverload("mnesia$copy$counters", 1_000);
        await UntilAsync(watch, one => one is { Kind: SystemEventKind.InconsistencyFound, Table: "counters", Detail: "3 keys" });
        await UntilAsync(watch, one => one is { Kind: SystemEventKind.InconsistencyRepaired, Table: "counters" });
        await UntilAsync(watch, one => one is { Kind: SystemEventKind.Overload, Table: "counters" });
    }

    [Fact]
    public async Task Who_does_not_read_is_told_so_and_holds_up_nobody()
    {
        await using var watch = cluster.Tables(1).WatchSystemAsync().GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        var observer = cluster.Services(1).GetRequiredService<ITableObserver>();
        for (var i = 0; i < 1_100; i++)
        {
            observer.OnOverload("t", i);
        }

        await Assert.ThrowsAsync<SnapshotRequiredException>(async () =>
        {
            while (await watch.MoveNextAsync())
            {
            }
        });
    }

    private static async Task UntilAllAsync(IAsyncEnumerator<SystemEvent> watch, params Func<SystemEvent, bool>[] these)
    {
        var awaited = these.ToList();
        await UntilAsync(watch, one => awaited.RemoveAll(isThis => isThis(one)) > 0 && awaited.Count == 0);
    }

    private static async Task<List<SystemEvent>> UntilAsync(IAsyncEnumerator<SystemEvent> watch, Func<SystemEvent, bool> isThis)
    {
        List<SystemEvent> seen = [];
        do
        {
            Assert.True(await watch.MoveNextAsync());
            seen.Add(watch.Current);
        }
        while (!isThis(watch.Current));
        return seen;
    }
}
