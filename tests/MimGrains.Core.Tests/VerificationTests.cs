using MimGrains.Core.Identity;
using MimGrains.Core.Replication;
using MimGrains.Core.Store;
using MimGrains.Core.Verify;

namespace MimGrains.Core.Tests;

public sealed class VerificationTests
{
    private const long Now = 1_000_000;

    [Fact]
    public void Sums_are_equal_however_the_records_came_to_be()
    {
        var (a, b, c) = Three();
        for (var key = 0; key < 300; key++)
        {
            a.Insert(key % 70, $"a{key}", Now + key);
            b.Insert(key % 90, $"b{key}", Now + key);
            c.Delete(key % 20, Now + key);
        }

        Assert.NotEqual(a.Digest()!.Sums, b.Digest()!.Sums);
        Exchange(a, b, c);
        Assert.Equal(a.Digest()!.Sums, b.Digest()!.Sums);
        Assert.Equal(a.Digest()!.Sums, c.Digest()!.Sums);

        var d = Sample.Join(new ReplicaId("d"), a, keepsAll: true, b, c);
        Assert.Equal(a.Digest()!.Sums, d.Digest()!.Sums);
    }

    [Fact]
    public void Sums_of_no_records_are_those_of_a_new_table()
    {
        var a = Sample.First(Sample.A);
        for (var key = 0; key < 100; key++)
        {
            a.Insert(key, "x", Now);
            a.Insert(key, "y", Now);
            a.Delete(key, Now);
        }

        Assert.All(a.Digest()!.Sums, sum => Assert.Equal(0UL, sum));
        Assert.Equal(BucketDigest.Buckets, a.Digest()!.Sums.Count);
    }

    [Fact]
    public void The_hash_of_a_write_never_changes()
    {
        // Silos of different versions compare sums: another hash would make all their records differ.
        var hash = BucketDigest.HashOf(BucketDigest.HashOf("S127.0.0.1:11111:1"), sequence: 7, timeMicros: 1_700_000_000_000_000);
        Assert.Equal(ExpectedHash, hash);
    }

    [Fact]
    public void A_write_that_is_under_way_is_no_difference()
    {
        var (a, b, c) = Three();
        Exchange(a, b, c);
        a.Insert(1, "under way", Now);
        b.Delete(2, Now);

        var found = Compare([a, b, c], between: () => { });
        Assert.Equal(0, found.DifferenceCount);
    }

    [Fact]
    public void A_key_that_is_deleted_between_two_looks_is_no_difference()
    {
        var (a, b, c) = Three();
        a.Insert(1, "x", Now);
        Exchange(a, b, c);
        b.Delete(1, Now + 1);

        // At the first look a and c still hold it.
        var found = Compare([a, b, c], between: () => Exchange(a, b, c));
        Assert.Equal(1, found.KeysLookedAt);
        Assert.Equal(0, found.DifferenceCount);
    }

    [Fact]
    public void A_lost_record_is_put_back_from_the_majority()
    {
        var (a, b, c) = Three();
        a.Insert(1, "one", Now);
        a.Insert(2, "two", Now);
        Exchange(a, b, c);
        Assert.True(b.Damage(1, older: null, default));

        var difference = Assert.Single(Compare([a, b, c]).Differences);
        Assert.Equal(1, a.DecodeKey(difference.Key));
        Assert.Equal(
            [Holding.Record, Holding.Nothing, Holding.Record],
            difference.Held.OrderBy(held => held.Key).Select(held => held.Value.Holding));
        Assert.Equal(1, Mend([a, b, c]));
        Assert.Equal("one", b.Get(1));
        Assert.Equal(a.Digest()!.Sums, b.Digest()!.Sums);
        Assert.Equal(0, Compare([a, b, c]).DifferenceCount);
    }

    [Fact]
    public void A_record_that_only_one_replica_has_not_deleted_goes()
    {
        var (a, b, c) = Three();
        a.Insert(1, "one", Now);
        var write = a.WriteOf(1)!.Value;
        Exchange(a, b, c);
        b.Delete(1, Now + 1);
        Exchange(a, b, c);
        Forget(a, b, c);
        Assert.True(c.Mend(new Mending(SampleCodec.Bytes(1, "one"), Stamp(write), MendKind.Put, c.PurgedCount)));

        Assert.Equal(1, Mend([a, b, c]));
        Assert.Null(c.Get(1));
        Assert.Equal(a.Digest()!.Sums, c.Digest()!.Sums);
    }

    [Fact]
    public void Between_two_replicas_the_one_that_wrote_it_tells_whether_a_record_was_deleted()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        a.Insert(1, "of a", Now);
        b.Insert(2, "of b", Now);
        Exchange(a, b);
        b.Damage(1, older: null, default);
        b.Damage(2, older: null, default);

        Assert.Equal(2, Mend([a, b]));
        Assert.Equal("of a", b.Get(1));
        Assert.Null(a.Get(2));
        Assert.Equal(a.Digest()!.Sums, b.Digest()!.Sums);
    }

    [Fact]
    public void An_outdated_record_is_replaced()
    {
        var (a, b, c) = Three();
        a.Insert(1, "old", Now);
        var old = Stamp(a.WriteOf(1)!.Value);
        a.Insert(1, "new", Now);
        Exchange(a, b, c);
        Assert.True(a.Damage(1, "old", old));

        Assert.Equal(1, Mend([a, b, c]));
        Assert.Equal("new", a.Get(1));
    }

    [Fact]
    public void Nothing_is_put_in_once_tombstones_were_forgotten_that_could_have_told_of_a_delete()
    {
        var (a, b, c) = Three();
        a.Insert(1, "one", Now);
        var write = Stamp(a.WriteOf(1)!.Value);
        Exchange(a, b, c);
        var before = b.PurgedCount;
        b.Delete(1, Now + 1);
        Exchange(a, b, c);
        Assert.False(b.Mend(new Mending(SampleCodec.Bytes(1, "one"), write, MendKind.Put, before)));
        Forget(a, b, c);

        Assert.True(b.PurgedCount > before);
        Assert.False(b.Mend(new Mending(SampleCodec.Bytes(1, "one"), write, MendKind.Put, before)));
        Assert.Null(b.Get(1));
    }

    [Fact]
    public void A_record_of_a_dead_owner_is_no_difference()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        var c = Sample.Join(Sample.C, a, keepsAll: false, b);
        c.Insert(1, "of c", Now);
        Exchange(a, b, c);
        a.OnDead(c.Self);
        var sweep = a.BeginSweep()!;
        Assert.False(sweep.Find(maxLooks: 10, maxFound: 10));
        sweep.Remove();

        // b has not heard of the death yet: the look tells it.
        Assert.Equal(0, Compare([a, b]).DifferenceCount);
        Assert.True(b.IsDead(c.Self));
    }

    [Fact]
    public void Who_is_held_for_dead_takes_no_part()
    {
        var (a, b, c) = Three();
        a.OnDead(c.Self);

        Assert.Equal([Sample.A, Sample.B], Compare([a, b, c]).Replicas);
    }

    [Theory, InlineData(1), InlineData(3), InlineData(1_000)]
    public void A_listing_gives_every_record_of_its_buckets_once_whatever_its_pages(int pageWrites)
    {
        var a = Sample.First(Sample.A);
        for (var key = 0; key < 200; key++)
        {
            a.Insert(key, "x", Now);
        }

        var sums = a.Digest()!.Sums;
        var buckets = Enumerable.Range(0, sums.Count).Where(bucket => sums[bucket] != 0).Take(50).ToList();
        var reader = a.BeginListing(buckets)!;
        List<ListedWrite> oneReader = [], anewEachTime = [];
        ListingPage page;
        do
        {
            page = reader.Next(pageWrites, int.MaxValue);
            oneReader.AddRange(page.Writes);
            var after = anewEachTime.Count == 0 ? (ReadOnlyMemory<byte>?)null : anewEachTime[^1].Key;
            anewEachTime.AddRange(a.BeginListing(buckets, after)!.Next(pageWrites, int.MaxValue).Writes);
        }
        while (!page.IsLast);

        Assert.InRange(oneReader.Count, 50, 100);
        Assert.Equal(oneReader.Select(write => write.Stamp), anewEachTime.Select(write => write.Stamp));
        Assert.Equal(oneReader.Count, oneReader.DistinctBy(write => write.Stamp).Count());
    }

    private const ulong ExpectedHash = 10_954_847_301_268_575_991;

    private static WriteStamp Stamp((ReplicaId Origin, long Sequence, long TimeMicros) write) =>
        new(write.Origin, write.Sequence, write.TimeMicros);

    private static (TableReplica<int, string> A, TableReplica<int, string> B, TableReplica<int, string> C) Three()
    {
        var a = Sample.First(Sample.A, keepsAll: true);
        var b = Sample.Join(Sample.B, a, keepsAll: true);
        return (a, b, Sample.Join(Sample.C, a, keepsAll: true, b));
    }

    private static void Exchange(params TableReplica<int, string>[] replicas)
    {
        foreach (var from in replicas)
        {
            foreach (var to in replicas.Where(to => to != from))
            {
                Sample.Deliver(from, to);
            }
        }
    }

    // Everybody learns that everybody has everything, and forgets its tombstones.
    private static void Forget(params TableReplica<int, string>[] replicas)
    {
        Sample.Beat(Now + 1_000, replicas);
        Sample.Beat(Now + 2_000, replicas);
        Assert.All(replicas, replica => Assert.True(replica.PurgeTombstones(100) > 0));
    }

    private static int Mend(TableReplica<int, string>[] replicas) => Compare(replicas).Repairs.Count(repair =>
    {
        var body = repair.Source is { } source
            ? replicas.Single(replica => replica.Self == source).Fetch(repair.Mending.Key, repair.Mending.Stamp)!.Value
            : repair.Mending.Key;
        return replicas.Single(replica => replica.Self == repair.Target).Mend(repair.Mending with { Key = body });
    });

    private static Verification Compare(TableReplica<int, string>[] replicas, Action? between = null)
    {
        var verification = new Verification(replicas.Select(replica => replica.Self));
        while (verification.OnDigests(Ask(replica => replica.Digest()!)))
        {
        }

        while (verification.TakeBuckets() is { Count: > 0 } buckets)
        {
            verification.OnListings(Ask(replica => List(replica, buckets)));
            while (verification.TakeKeys() is { Count: > 0 } keys)
            {
                verification.OnLooks(Ask(replica => replica.Look(keys, verification.Awaited, verification.Dead)!));
                between?.Invoke();
                verification.OnLooks(Ask(replica => replica.Look(keys, verification.Awaited, verification.Dead)!));
            }
        }

        return verification;

        Dictionary<ReplicaId, T> Ask<T>(Func<TableReplica<int, string>, T> question) => replicas
            .Where(replica => verification.Replicas.Contains(replica.Self))
            .ToDictionary(replica => replica.Self, question);
    }

    private static Listing List(TableReplica<int, string> replica, IReadOnlyList<int> buckets)
    {
        var reader = replica.BeginListing(buckets)!;
        return new Listing(reader.Vector, reader.Next(1_000, int.MaxValue).Writes);
    }
}
