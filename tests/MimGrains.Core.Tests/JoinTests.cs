using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Core.Tests;

public sealed class JoinTests
{
    [Fact]
    public void A_dump_brings_records_deletes_and_positions()
    {
        var a = Sample.First(Sample.A);
        for (var key = 0; key < 20; key++)
        {
            a.Insert(key, $"{key}", nowMicros: 100);
        }

        var b = Sample.Join(Sample.B, a);
        a.Delete(3, nowMicros: 200);
        var c = Sample.Join(Sample.C, a, others: b);

        Assert.True(c.IsReady);
        Assert.Equal(a.Capture().All(), c.Capture().All());
        Assert.Equal(1, c.TombstoneCount);
        Assert.Equal(a.LastSequence, c.AppliedOf(Sample.A));
        Assert.All(Enumerable.Range(0, 20), key => Assert.Equal(a.WriteOf(key), c.WriteOf(key)));
    }

    [Fact]
    public void Writes_go_on_during_a_dump_and_are_there_after_it()
    {
        var a = Sample.First(Sample.A);
        a.Insert(1, "before", 100);
        a.Insert(2, "before", 100);
        var b = Sample.Replica(Sample.B);
        b.Greet(a);
        var reader = a.BeginDump(b.RequestDump())!;
        a.Insert(1, "after", 200);
        a.Delete(2, 200);
        a.Insert(3, "after", 200);
        Sample.Deliver(a, b);
        b.OnDumpHeader(reader.Header);
        b.TakeChunks(reader);
        Sample.Deliver(a, b);

        Assert.Equal(a.Capture().All(), b.Capture().All());
        Assert.Equal(a.LastSequence, a.CompletedThrough);
    }

    [Fact]
    public void A_replica_that_is_not_ready_takes_no_writes_and_gives_no_dump()
    {
        var a = Sample.Replica(Sample.A);

        Assert.Throws<InvalidOperationException>(() => a.Insert(1, "", 100));
        Assert.Null(a.BeginDump(new Dictionary<Identity.ReplicaId, long>()));
    }

    [Fact]
    public void A_dump_is_given_only_by_one_that_has_what_is_required()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        a.Insert(1, "not at b yet", 100);
        var c = Sample.Replica(Sample.C);
        c.Greet(a);
        c.Greet(b);

        Assert.Null(b.BeginDump(c.RequestDump()));
        Sample.Deliver(a, b);
        c.TakeDump(b);
        Assert.Equal("not at b yet", c.Get(1));
    }

    [Fact]
    public void No_write_is_taken_before_all_hellos_are_answered()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Replica(Sample.B);
        b.Greet(a);
        a.Insert(1, "early", 100);
        var batch = a.TakeBatch(Sample.B, 1_000)!;

        Assert.Equal(ReceiveOutcome.OriginUnknown, b.Receive(batch));
        var required = b.RequestDump();
        Assert.Equal(ReceiveOutcome.Applied, b.Receive(batch));
        var reader = a.BeginDump(required)!;
        b.OnDumpHeader(reader.Header);
        b.TakeChunks(reader);
        Assert.Equal("early", b.Get(1));
    }

    [Fact]
    public void An_older_hello_and_one_of_a_dead_replica_are_not_answered()
    {
        var a = Sample.First(Sample.A);

        Assert.NotNull(a.Hello(Sample.B, 2, []));
        Assert.Null(a.Hello(Sample.B, 2, []));
        Assert.Null(a.Hello(Sample.B, 1, []));
        a.OnDead(Sample.C);
        Assert.Null(a.Hello(Sample.C, 1, []));
    }

    [Fact]
    public void Nothing_of_a_dump_that_broke_off_is_left()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        a.Insert(1, "in the first dump", 100);
        Sample.Deliver(a, b);
        var c = Sample.Replica(Sample.C);
        c.Greet(a);
        c.Greet(b);
        var broken = b.BeginDump(c.RequestDump())!;
        c.OnDumpHeader(broken.Header);
        c.OnDumpChunk(broken.Next(1, 1_000));
        Assert.Equal("in the first dump", c.Get(1));

        c.RequestDump();
        Assert.Null(c.Get(1));
        Assert.Equal(0, c.Capture().Count);
    }

    [Fact]
    public void A_dump_stops_when_its_giver_is_declared_dead()
    {
        var a = Sample.First(Sample.A);
        a.Insert(1, "", 100);
        var b = Sample.Replica(Sample.B);
        b.Greet(a);
        var reader = a.BeginDump(b.RequestDump())!;
        b.OnDumpHeader(reader.Header);
        b.Hello(Sample.C, 1, [Sample.A]);

        Assert.Throws<InvalidOperationException>(() => b.OnDumpChunk(reader.Next(10, 1_000)));
        Assert.False(b.IsReady);
        Assert.Throws<InvalidOperationException>(() => b.OnDumpHeader(reader.Header));
    }

    [Fact]
    public void Who_goes_first_begins_with_an_empty_table()
    {
        var a = Sample.First(Sample.A, keepsAll: true);
        a.Insert(1, "", 100);
        var b = Sample.Replica(Sample.B, keepsAll: true);
        b.Greet(a);
        var reader = a.BeginDump(b.RequestDump())!;
        b.OnDumpHeader(reader.Header);
        b.OnDumpChunk(reader.Next(1, 1_000));
        b.OnDead(Sample.A);
        b.BecomeReady();

        Assert.Equal(0, b.Count);
        Assert.Equal(0, b.LevellingCount);
    }

    [Fact]
    public void A_dump_that_began_before_a_sweep_has_the_record_and_one_that_began_after_it_the_tombstone()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        b.Insert(1, "of b", 100);
        Sample.Deliver(b, a);
        var c = Sample.Replica(Sample.C);
        c.Greet(a);
        var early = a.BeginDump(c.RequestDump())!;
        a.OnDead(Sample.B);
        var sweep = a.BeginSweep()!;
        sweep.Find(maxLooks: 9, maxFound: 9);
        sweep.Remove();

        c.OnDumpHeader(early.Header);
        c.TakeChunks(early);
        Assert.Equal("of b", c.Get(1));
        Assert.Null(a.Get(1));

        var d = Sample.Join(new ReplicaId("d"), a);
        Assert.Null(d.Get(1));
        Assert.Equal(1, d.TombstoneCount);
    }

    [Fact]
    public void The_dead_are_learnt_from_the_dump_too()
    {
        var a = Sample.First(Sample.A);
        a.OnDead(Sample.C);
        var b = Sample.Replica(Sample.B);
        b.OnHelloReply(Sample.A, a.Hello(Sample.B, 1, [])! with { Dead = [] });
        b.TakeDump(a);

        Assert.True(b.IsDead(Sample.C));
        Assert.True(b.IsSweepDue);
    }

    [Fact]
    public void Writes_of_one_that_the_giver_did_not_know_yet_are_kept()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Replica(Sample.B);
        b.Greet(a);
        var reader = a.BeginDump(b.RequestDump())!;

        // c joins, and writes, while that dump is on its way.
        var c = Sample.Join(Sample.C, a, others: b);
        c.Insert(1, "of c", 100);
        Sample.Deliver(c, b);
        b.OnDumpHeader(reader.Header);
        b.TakeChunks(reader);

        Assert.Equal("of c", b.Get(1));
    }

    [Fact]
    public void A_corrupt_chunk_is_refused()
    {
        var a = Sample.First(Sample.A);
        a.Insert(1, "record", 100);
        var b = Sample.Replica(Sample.B);
        b.Greet(a);
        var reader = a.BeginDump(b.RequestDump())!;
        b.OnDumpHeader(reader.Header);
        var chunk = reader.Next(10, 1_000);
        for (var length = 0; length < chunk.Bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => b.OnDumpChunk(chunk with { Bytes = chunk.Bytes[..length] }));
        }

        var wrongOrigin = chunk.Bytes.ToArray();
        wrongOrigin[5] = 99;
        Assert.Throws<InvalidDataException>(() => b.OnDumpChunk(chunk with { Bytes = wrongOrigin }));
        Assert.False(b.IsReady);
        b.OnDumpChunk(chunk);
        Assert.Equal("record", b.Get(1));
    }

    [Fact]
    public void A_tombstone_stays_while_a_dump_may_bring_what_it_hides()
    {
        var a = Sample.First(Sample.A);
        a.Insert(1, "old", 100);
        var b = Sample.Replica(Sample.B);
        b.Greet(a);
        var reader = a.BeginDump(b.RequestDump())!;
        b.OnDumpHeader(reader.Header);
        a.Delete(1, 200);
        Sample.Deliver(a, b);
        Sample.Beat(1_000, a, b);

        Assert.Equal(0, b.PurgeTombstones(10));
        b.TakeChunks(reader);
        Assert.Null(b.Get(1));
        Assert.Equal(1, b.PurgeTombstones(10));
    }

    [Fact]
    public void A_write_that_comes_before_the_dump_does_not_survive_a_delete_that_the_giver_has_purged()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        var c = Sample.Replica(Sample.C);
        c.Greet(b);
        b.Insert(1, "deleted by a", 100);
        Sample.Deliver(b, a);
        a.Delete(1, 200);
        Sample.Deliver(a, b);
        c.Greet(a);
        Sample.Beat(1_000, a, b, c);
        Sample.Beat(2_000, a, b, c);
        Assert.Equal(1, a.PurgeTombstones(10));

        var required = c.RequestDump();
        Sample.Deliver(b, c);
        var reader = a.BeginDump(required)!;
        c.OnDumpHeader(reader.Header);
        c.TakeChunks(reader);
        Assert.Null(c.Get(1));
    }
}
