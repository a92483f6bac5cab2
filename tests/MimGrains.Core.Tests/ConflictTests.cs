namespace MimGrains.Core.Tests;

/// <summary>Concurrent writes of a table without a resolver are counted where one of them loses.</summary>
public sealed class ConflictTests
{
    [Fact]
    public void A_received_write_that_loses_is_counted_and_one_that_replaces_what_its_silo_had_seen_is_not()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        a.Insert(1, "x", nowMicros: 100);
        b.Insert(1, "y", nowMicros: 200);
        Sample.Deliver(a, b);
        Sample.Deliver(b, a);
        Assert.Equal((0, 1), (a.Conflicts, b.Conflicts));

        a.Insert(1, "z", nowMicros: 300);
        Sample.Deliver(a, b);
        b.Delete(1, nowMicros: 400);
        Sample.Deliver(b, a);
        Assert.Equal((0, 1), (a.Conflicts, b.Conflicts));
    }

    // The dump and the writes after it bring what one silo had seen of another in no order.
    [Fact]
    public void A_replica_that_joins_counts_nothing()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        a.Insert(2, "old", nowMicros: 50);
        Sample.Deliver(a, b);
        var joining = Sample.Replica(Sample.C);
        joining.Greet(a);
        joining.Greet(b);
        var dump = a.BeginDump(joining.RequestDump())!;
        joining.OnDumpHeader(dump.Header);

        a.Insert(1, "x", nowMicros: 100);
        Sample.Deliver(a, b);
        b.Insert(1, "y", nowMicros: 200);
        Sample.Deliver(b, joining);
        Sample.Deliver(a, joining);
        Assert.False(joining.IsReady);
        joining.TakeChunks(dump);

        Assert.Equal("y", joining.Get(1));
        Assert.Equal(0, joining.Conflicts);
    }
}
