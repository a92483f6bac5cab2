using Microsoft.Extensions.Options;
using MimGrains.Cets.Streams;
using MimGrains.Core.Identity;

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

        carrier.Disconnect(new("a"));
        carrier.Heartbeat();

        Assert.Equal([new ReplicaId("b")], Drain(carrier));
        Assert.Null(carrier.Find(new("a")));
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
