using Microsoft.Extensions.Options;
using MimGrains.Cets.Streams;
using MimGrains.Core.Identity;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

public class ReplicationCarrierTests
{
    [Fact]
    public void Links_that_are_opened_at_the_same_moment_are_all_woken()
    {
        for (var round = 0; round < 2_000; round++)
        {
            var carrier = new ReplicationCarrier(Options.Create(new ReplicationOptions()));
            using var start = new Barrier(3);
            ReplicaId[] ids = [new("a"), new("b"), new("c")];
            var opening = Array.ConvertAll(ids, id => new Thread(() =>
            {
                start.SignalAndWait();
                carrier.Connect(id);
            }));
            Array.ForEach(opening, thread => thread.Start());
            Array.ForEach(opening, thread => thread.Join());
            Drain(carrier);

            carrier.Heartbeat();

            Assert.Equal(ids, Drain(carrier).Order());
        }
    }

    [Fact]
    public void A_closed_link_is_woken_no_more()
    {
        var carrier = new ReplicationCarrier(Options.Create(new ReplicationOptions()));
        carrier.Connect(new("a"));
        carrier.Connect(new("b"));
        Drain(carrier);

        Assert.True(carrier.Disconnect(new("a")).IsCompleted);
        carrier.Heartbeat();

        Assert.Equal([new ReplicaId("b")], Drain(carrier));
        Assert.Null(carrier.Find(new("a")));
    }

    [Fact]
    public void A_closed_link_has_ended_when_nothing_is_under_way_any_more()
    {
        var table = LocalTable.Make(new TableDefinition<string, string>("table"));
        table.Locked(replica => replica.Hello(new("a"), 1, []));
        var carrier = new ReplicationCarrier(Options.Create(new ReplicationOptions()));
        carrier.Connect(new("a"));
        var link = carrier.Find(new("a"))!;
        _ = table.InsertAsync("key", "record");
        Assert.NotNull(link.Take([table]));
        var ended = carrier.Disconnect(new("a"));
        Assert.False(ended.IsCompleted);
        link.OnDelivered();
        Assert.True(ended.IsCompleted);
        Assert.Null(link.Take([table]));

        carrier.Connect(new("b"));
        carrier.Find(new("b"))!.TryWake();
        Assert.True(carrier.Disconnect(new("b")).IsCompleted);
        Assert.True(carrier.Disconnect(new("c")).IsCompleted);
    }

    private static List<ReplicaId> Drain(ReplicationCarrier carrier)
    {
        List<ReplicaId> woken = [];
        while (carrier.Wakes.TryRead(out var link))
        {
            woken.Add(link.Id);
        }

        return woken;
    }
}
