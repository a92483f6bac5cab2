using MimGrains.Core.Replication;

namespace MimGrains.Core.Tests;

public sealed class MajorityTests
{
    [Fact]
    public void A_replica_that_joins_does_not_count_for_writes_that_come_with_its_dump()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        var write = a.Insert(1, "x", nowMicros: 100);
        var c = Sample.Replica(Sample.C);
        c.Greet(a);
        Assert.Equal(write - 1, a.MajorityThrough());

        Sample.Deliver(a, b);
        Assert.Equal(write, a.MajorityThrough());
        c.Greet(b);
        c.TakeDump(a);

        // What comes after its hello it has got itself.
        write = a.Insert(2, "y", nowMicros: 100);
        Sample.Deliver(a, c);
        Assert.Equal(write, a.MajorityThrough());
    }
}
