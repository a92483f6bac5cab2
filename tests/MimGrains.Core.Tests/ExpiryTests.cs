using MimGrains.Core.Identity;
using MimGrains.Core.Replication;
using MimGrains.Core.Store;

namespace MimGrains.Core.Tests;

/// <summary>Records live a second, but those that start with "-", which live for ever.</summary>
public sealed class ExpiryTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void The_owner_deletes_an_expired_record_for_all_and_nobody_else_does()
    {
        var (a, b) = Pair();
        a.Insert(1, "short", nowMicros: 100);
        a.Insert(2, "-long", nowMicros: 100);
        Sample.Deliver(a, b);

        Assert.Equal(0, a.ExpireRecords(Second, 10));
        b.ExpireRecords(10 * Second, 10);
        Assert.Equal("short", b.Get(1));
        Assert.Equal(0, b.LastSequence);

        Assert.Equal(1, a.ExpireRecords(Second + 200, 10));
        Sample.Deliver(a, b);
        Assert.All(new[] { a, b }, replica => Assert.Null(replica.Get(1)));
        Assert.All(new[] { a, b }, replica => Assert.Equal("-long", replica.Get(2)));
    }

    [Fact]
    public void A_record_that_is_written_again_lives_on_from_there()
    {
        var (a, _) = Pair();
        a.Insert(1, "first", nowMicros: 100);
        a.Insert(1, "second", nowMicros: Second / 2);
        a.ExpireRecords(Second + 200, 10);
        Assert.Equal("second", a.Get(1));
        a.ExpireRecords(2 * Second, 10);
        Assert.Null(a.Get(1));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_write_that_the_owner_has_not_seen_is_not_deleted_with_the_one_that_expires(bool isMerging)
    {
        var (a, b) = Pair(isMerging);
        a.Insert(1, "old", nowMicros: 100);
        Sample.Deliver(a, b);
        b.Insert(1, "fresh", nowMicros: Second);
        a.ExpireRecords(2 * Second, 10);
        Sample.Deliver(a, b);
        Sample.Deliver(b, a);
        Assert.Equal("fresh", a.Get(1));
        Assert.Equal("fresh", b.Get(1));
    }

    [Fact]
    public void What_is_written_after_a_batch_that_ends_with_an_expired_record_is_later_than_all_of_it()
    {
        var (a, b) = Pair();
        a.Insert(1, "short", nowMicros: 100);
        Sample.Deliver(a, b);
        a.Insert(2, "-of a", nowMicros: 2 * Second);
        a.ExpireRecords(2 * Second, 10);
        a.Insert(3, $"-{new string('x', 2_000)}", nowMicros: 2 * Second);
        b.Receive(a.TakeBatch(Sample.B, maxBytes: 200)!);

        // The clock of b is behind.
        b.Insert(2, "-of b", nowMicros: 200);
        Assert.Equal("-of b", b.Get(2));
    }

    [Fact]
    public void The_least_survivor_deletes_what_a_dead_owner_leaves_behind()
    {
        var (a, b) = Pair();
        var c = Replica(Sample.C);
        Join(c, a, b);
        a.Insert(1, "of a", nowMicros: 100);
        Sample.Deliver(a, b);
        Sample.Deliver(a, c);
        b.OnDead(Sample.A);
        c.OnDead(Sample.A);

        c.ExpireRecords(2 * Second, 10);
        Assert.Equal("of a", c.Get(1));
        b.ExpireRecords(2 * Second, 10);
        Assert.Null(b.Get(1));
        Sample.Deliver(b, c);
        Assert.Null(c.Get(1));
    }

    [Fact]
    public void An_owner_that_dies_while_others_wait_for_its_delete_does_not_keep_its_records_for_ever()
    {
        var (a, b) = Pair();
        a.Insert(1, "of a", nowMicros: 100);
        Sample.Deliver(a, b);
        b.ExpireRecords(2 * Second, 10);
        b.OnDead(Sample.A);
        Assert.Equal(0, b.ExpireRecords((2 * Second) + 1, 10));
        Assert.Equal(1, b.ExpireRecords(4 * Second, 10));
        Assert.Null(b.Get(1));
    }

    [Fact]
    public void What_is_written_over_again_and_again_does_not_fill_the_queue()
    {
        var (a, _) = Pair();
        for (var i = 1; i <= 10_000; i++)
        {
            a.Insert(i % 10, "record", nowMicros: i);
        }

        Assert.InRange(a.ExpireRecords(10 * Second, int.MaxValue), 10, 1_100);
        Assert.Equal(0, a.Count);
    }

    [Fact]
    public void A_joining_replica_takes_over_what_its_dump_brought()
    {
        var a = Replica(Sample.A);
        a.BecomeReady();
        a.Insert(1, "of a", nowMicros: 100);
        var b = Replica(Sample.B);
        Join(b, a);
        b.OnDead(Sample.A);
        b.ExpireRecords(2 * Second, 10);
        Assert.Null(b.Get(1));
    }

    private static (TableReplica<int, string> A, TableReplica<int, string> B) Pair(bool isMerging = false)
    {
        var a = Replica(Sample.A, isMerging);
        a.BecomeReady();
        var b = Replica(Sample.B, isMerging);
        Join(b, a);
        return (a, b);
    }

    private static void Join(TableReplica<int, string> joining, params TableReplica<int, string>[] members)
    {
        foreach (var member in members)
        {
            joining.Greet(member);
        }

        joining.TakeDump(members[0]);
    }

    private static TableReplica<int, string> Replica(ReplicaId id, bool isMerging = false) => new(
        id,
        new TableSchema<int, string>
        {
            Order = Comparer<int>.Default,
            KeepWhenOwnerDies = true,
            TimeToLive = (_, record) => record[0] == '-' ? null : TimeSpan.FromSeconds(1),
            Resolve = isMerging ? (_, left, right) => left + right : null,
        },
        new SampleCodec());
}
