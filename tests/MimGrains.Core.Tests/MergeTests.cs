using MimGrains.Core.Identity;
using MimGrains.Core.Replication;
using MimGrains.Core.Store;

namespace MimGrains.Core.Tests;

/// <summary>Tables with a resolver: here it joins records, so that a record shows which writes it was made of.</summary>
public sealed class MergeTests
{
    private readonly List<string> _faults = [];

    [Fact]
    public void Concurrent_writes_are_resolved_alike_wherever_and_in_whatever_order_they_arrive()
    {
        var (a, b) = Pair();
        a.Insert(1, "x", nowMicros: 100);
        b.Insert(1, "y", nowMicros: 100);
        Assert.Equal("x", a.Get(1));
        Sample.Deliver(a, b);
        Sample.Deliver(b, a);
        Assert.Equal("x+y", a.Get(1));
        Assert.Equal("x+y", b.Get(1));
        Assert.Equal((1, 1), (a.Conflicts, b.Conflicts));

        // A write replaces what its origin has seen.
        a.Insert(1, "z", nowMicros: 200);
        Sample.Deliver(a, b);
        Assert.Equal("z", b.Get(1));
        Assert.Equal((1, 1), (a.Conflicts, b.Conflicts));
    }

    [Fact]
    public void A_delete_takes_what_its_origin_had_seen_and_leaves_a_concurrent_write()
    {
        var (a, b) = Pair();
        a.Insert(1, "x", nowMicros: 100);
        Sample.Deliver(a, b);
        a.Insert(1, "new", nowMicros: 110);
        b.Delete(1, nowMicros: 120);
        Sample.Deliver(b, a);
        Sample.Deliver(a, b);
        Assert.Equal("new", a.Get(1));
        Assert.Equal("new", b.Get(1));
    }

    [Fact]
    public void A_write_that_comes_after_the_one_that_replaced_it_does_not_come_back()
    {
        var a = Merging(Sample.A);
        var c = Merging(Sample.C);
        a.BecomeReady();
        Join(c, a);
        var b = Merging(Sample.B);
        Join(b, a, c);

        a.Insert(1, "x", nowMicros: 100);
        Sample.Deliver(a, b);
        b.Insert(1, "y", nowMicros: 110);
        Sample.Deliver(b, c);
        Assert.Equal("y", c.Get(1));
        Sample.Deliver(a, c);
        Assert.Equal("y", c.Get(1));

        // It is remembered as long as it can come, also in a dump, and no longer.
        Assert.Equal(1, c.TombstoneCount);
        Sample.Deliver(b, a);
        Sample.Beat(1_000, a, b, c);
        Sample.Beat(1_000, a, b, c);
        foreach (var replica in new[] { a, b, c })
        {
            while (replica.PurgeTombstones(10) > 0)
            {
                // Until nothing is left.
            }

            Assert.Equal(0, replica.TombstoneCount);
            Assert.Equal("y", replica.Get(1));
        }
    }

    [Fact]
    public void A_dump_says_which_writes_were_replaced_that_may_still_come()
    {
        var (a, b) = Pair();
        var c = Merging(Sample.C);
        Join(c, a, b);
        a.Insert(1, "x", nowMicros: 100);
        Sample.Deliver(a, b);
        b.Insert(1, "y", nowMicros: 110);
        Sample.Deliver(b, c);

        // d takes c's dump, which lacks x but has y, and then gets x from a.
        var d = Merging(new ReplicaId("d"));
        d.Greet(b);
        d.Greet(c);
        var early = a.TakeBatch(Sample.C, 1_000)!;
        var reader = c.BeginDump(new Dictionary<ReplicaId, long>())!;
        d.RequestDump();
        d.OnDumpHeader(reader.Header);
        d.TakeChunks(reader);
        Assert.Equal("y", d.Get(1));
        Assert.Equal(ReceiveOutcome.Applied, d.Receive(early));
        Assert.Equal("y", d.Get(1));
    }

    [Fact]
    public void Siblings_of_a_dead_owner_go_and_the_others_stay()
    {
        var (a, b) = Pair();
        var c = Merging(Sample.C);
        Join(c, a, b);
        a.Insert(1, "x", nowMicros: 100);
        b.Insert(1, "y", nowMicros: 100);
        Sample.Deliver(a, c);
        Sample.Deliver(b, c);
        Assert.Equal("x+y", c.Get(1));

        c.OnDead(Sample.A);
        var sweep = c.BeginSweep()!;
        Assert.False(sweep.Find(maxLooks: 10, maxFound: 10));
        sweep.Remove();

        Assert.Equal("y", c.Get(1));
        Assert.Equal(0, sweep.Removed);
    }

    [Fact]
    public void A_hot_key_remembers_no_more_than_what_may_still_come()
    {
        var (a, b) = Pair();
        for (var i = 1; i <= 1_000; i++)
        {
            a.Insert(1, $"{i}", nowMicros: i * 10);
            Sample.Deliver(a, b);
            Sample.Beat((i * 10) + 5, a, b);
            a.PurgeTombstones(10);
            b.PurgeTombstones(10);
        }

        Assert.True(a.TombstoneCount < 10, $"{a.TombstoneCount} places");
        Assert.True(b.TombstoneCount < 10, $"{b.TombstoneCount} places");
        Assert.Equal("1000", b.Get(1));
    }

    [Theory]
    [InlineData("throws", "fails for key 1")]
    [InlineData("null", "returns null for key 1")]
    [InlineData("first", "is not symmetric for key 1")]
    public void A_resolver_that_does_what_it_must_not_is_named_and_the_later_record_stays_everywhere(string how, string fault)
    {
        Func<int, string, string, string> resolve = how switch
        {
            "throws" => (_, _, _) => throw new FormatException("no"),
            "null" => (_, _, _) => null!,
            _ => (_, first, _) => first,
        };
        var (a, b) = Pair(resolve);
        a.Insert(1, "earlier", nowMicros: 100);
        b.Insert(1, "later", nowMicros: 200);
        Sample.Deliver(a, b);
        Sample.Deliver(b, a);
        Assert.Equal("later", a.Get(1));
        Assert.Equal("later", b.Get(1));
        Assert.Equal(2, _faults.Count);
        Assert.All(_faults, text => Assert.Contains(fault, text, StringComparison.Ordinal));
    }

    private (TableReplica<int, string> A, TableReplica<int, string> B) Pair(Func<int, string, string, string>? resolve = null)
    {
        var a = Merging(Sample.A, resolve);
        a.BecomeReady();
        var b = Merging(Sample.B, resolve);
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

    private TableReplica<int, string> Merging(ReplicaId id, Func<int, string, string, string>? resolve = null) => new(
        id,
        new TableSchema<int, string>
        {
            Order = Comparer<int>.Default,
            Resolve = resolve ?? ((_, left, right) => string.Join('+', new[] { left, right }.Order(StringComparer.Ordinal))),
            OnFault = _faults.Add,
        },
        new SampleCodec());
}
