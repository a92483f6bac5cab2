using MimGrains.Core.Replication;

namespace MimGrains.Core.Tests;

public sealed class DeathTests
{
    private readonly TableReplica<int, string> _a = Sample.First(Sample.A, keepsAll: true);
    private readonly TableReplica<int, string> _b;
    private readonly TableReplica<int, string> _c;

    public DeathTests()
    {
        _b = Sample.Join(Sample.B, _a, keepsAll: true);
        _c = Sample.Join(Sample.C, _a, keepsAll: true, _b);
    }

    [Fact]
    public void A_write_is_done_when_the_last_peer_that_lacked_it_is_dead()
    {
        var sequence = _a.Insert(1, "", 100);
        Sample.Deliver(_a, _b);

        Assert.Equal([Sample.C], _a.MissingAcks(sequence));
        Assert.True(_a.CompletedThrough < sequence);
        _a.OnDead(Sample.C);
        Assert.Equal(sequence, _a.CompletedThrough);
    }

    [Fact]
    public void Survivors_get_what_a_dead_one_sent_to_only_one_of_them()
    {
        _c.Insert(1, "only at a", 100);
        Sample.Deliver(_c, _a);
        _a.OnDead(Sample.C);
        _b.OnDead(Sample.C);
        Assert.Null(_b.Get(1));
        Sample.LevelAll(_a, _b);

        Assert.Equal("only at a", _b.Get(1));
        Sample.Beat(1_000, _a, _b);
        Assert.Equal((0, 0), (_a.LevellingCount, _b.LevellingCount));
        Assert.Equal((0, 0), (_a.RetainedCount, _b.RetainedCount));
    }

    [Fact]
    public void A_late_batch_of_a_dead_one_is_refused()
    {
        _c.Insert(1, "late", 100);
        var batch = _c.TakeBatch(Sample.A, 1_000)!;
        _a.OnDead(Sample.C);

        Assert.Equal(ReceiveOutcome.OriginDead, _a.Receive(batch));
        Assert.Null(_a.Get(1));
    }

    [Fact]
    public void A_tombstone_stays_while_an_older_write_of_a_dead_one_can_come_from_a_survivor()
    {
        _c.Insert(1, "old", 100);
        Sample.Deliver(_c, _a);
        _a.OnDead(Sample.C);
        _b.OnDead(Sample.C);
        _b.Delete(1, 200);
        Sample.Deliver(_b, _a);
        Sample.Beat(1_000, _a, _b);

        Assert.Equal(0, _b.PurgeTombstones(10));
        Sample.LevelAll(_a, _b);
        Assert.Null(_b.Get(1));
        Sample.Beat(2_000, _a, _b);
        Sample.Beat(3_000, _a, _b);
        Assert.Equal(1, _b.PurgeTombstones(10));
    }

    [Fact]
    public void What_was_deleted_and_purged_does_not_come_back_by_levelling()
    {
        _c.Insert(1, "deleted by b", 100);
        Sample.Deliver(_c, _a);
        Sample.Deliver(_c, _b);
        _b.Delete(1, 200);
        Sample.Deliver(_b, _a);
        Sample.Deliver(_b, _c);
        Sample.Beat(1_000, _b, _c);
        Sample.Beat(1_000, _a, _b);
        Assert.Equal(1, _b.PurgeTombstones(10));
        Assert.True(_a.RetainedCount > 0);

        _a.OnDead(Sample.C);
        _b.OnDead(Sample.C);
        Sample.LevelAll(_a, _b);
        Assert.Null(_b.Get(1));
    }

    [Fact]
    public void A_survivor_that_does_not_know_of_all_the_dead_is_asked_again()
    {
        // d dies, and c after it; b learns both at once, a only of d. What a then learns of d from c must reach b.
        var d = Sample.Join(new("d"), _a, keepsAll: true, _b, _c);
        d.Insert(1, "only at c", 100);
        Sample.Deliver(d, _c);
        _c.OnDead(d.Self);
        _b.OnDead(d.Self);
        _b.OnDead(_c.Self);
        var unaware = _a.Level(d.Self, 0);
        var late = _c.Level(d.Self, 0);
        _b.OnLevelReply(_a.Self, d.Self, unaware);
        _a.OnLevelReply(_c.Self, d.Self, late);
        Assert.Equal("only at c", _a.Get(1));

        Assert.Contains(_b.LevelRequests(), request => request.Dead == d.Self);
        Sample.LevelAll(_b, _a);
        Sample.LevelAll(_b, _a);
        Assert.Equal("only at c", _b.Get(1));
        Sample.Beat(1_000, _a, _b);
        Assert.Equal((0, 0), (_a.LevellingCount, _b.LevellingCount));
    }

    [Fact]
    public void A_death_that_a_message_tells_of_is_swept_as_any_other()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        b.Insert(1, "of b", 100);
        Sample.Deliver(b, a);
        a.Level(Sample.B, 0);

        Assert.True(a.IsSweepDue);
        var sweep = a.BeginSweep()!;
        Assert.False(sweep.Find(maxLooks: 10, maxFound: 10));
        Assert.Equal((0, 1), (sweep.Removed, a.Count));
        sweep.Remove();
        Assert.Equal((1, 0), (sweep.Removed, a.Count));
        Assert.False(a.IsSweepDue);
    }

    [Fact]
    public void A_sweep_leaves_what_another_silo_wrote_after_it_was_found()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        b.Insert(1, "of b", 100);
        b.Insert(2, "of b", 101);
        b.Insert(3, "of b", 102);
        Sample.Deliver(b, a);
        a.OnDead(Sample.B);
        var sweep = a.BeginSweep()!;

        Assert.True(sweep.Find(maxLooks: 10, maxFound: 2));
        a.Insert(1, "of a", 200);
        sweep.Remove();
        Assert.Equal(1, sweep.Removed);
        Assert.True(sweep.Find(maxLooks: 1, maxFound: 2));
        sweep.Remove();
        Assert.False(sweep.Find(maxLooks: 10, maxFound: 2));
        sweep.Remove();
        Assert.Equal((2, 1), (sweep.Removed, a.Count));
        Assert.True(a.TryGet(1, out var kept));
        Assert.Equal("of a", kept);
    }
}
