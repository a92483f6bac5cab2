using MimGrains.Core.Identity;
using MimGrains.Core.Store;

namespace MimGrains.Core.Tests;

public sealed class TableStoreTests
{
    [Fact]
    public void The_same_writes_in_any_order_give_the_same_records()
    {
        var random = new Random(1);
        var writes = Enumerable.Range(1, 400).Select(sequence => (
            Key: random.Next(30),
            Record: random.Next(3) == 0 ? null : $"{sequence}",
            Stamp: new Stamp(sequence, random.Next(50), random.Next(3)))).ToList();

        // A write is its origin and number: one origin never gives one time twice.
        writes = [.. writes.DistinctBy(write => (write.Stamp.TimeMicros, write.Stamp.Origin))];
        var expected = Apply(writes);
        for (var i = 0; i < 20; i++)
        {
            var shuffled = writes.ToArray();
            random.Shuffle(shuffled);
            var store = Apply(shuffled);
            Assert.Equal(Records(expected), Records(store));
            Assert.Equal(expected.Count, store.Count);
        }
    }

    [Fact]
    public void Of_two_writes_of_one_time_the_greater_origin_wins()
    {
        var store = Make();

        Assert.True(store.Apply(1, "of b", new Stamp(1, 10, 1)));
        Assert.False(store.Apply(1, "of a", new Stamp(1, 10, 0)));
        Assert.True(store.Apply(1, "of c", new Stamp(1, 10, 2)));
        Assert.False(store.Apply(1, "of c again", new Stamp(1, 10, 2)));
        Assert.Equal([(1, "of c")], Records(store));
    }

    [Fact]
    public void A_tombstone_beats_an_older_write_until_it_is_purged()
    {
        var store = Make();
        store.Apply(1, null, new Stamp(2, 20, 0));

        Assert.False(store.Apply(1, "older", new Stamp(1, 10, 1)));
        Assert.Equal(1, store.TombstoneCount);
        Assert.Equal(0, store.Purge(_ => false, limit: 10));
        Assert.Equal(1, store.Purge(stamp => stamp.TimeMicros == 20, limit: 10));
        Assert.Equal(0, store.TombstoneCount);
        Assert.True(store.Apply(1, "older", new Stamp(1, 10, 1)));
    }

    [Fact]
    public void Purging_forgets_no_record_that_was_written_over_a_tombstone()
    {
        var store = Make();
        store.Apply(1, null, new Stamp(1, 10, 0));
        store.Apply(1, "newer", new Stamp(2, 20, 0));

        Assert.Empty(store.CaptureTombstones());
        Assert.Equal(1, store.Purge(_ => throw new InvalidOperationException("It is none any more."), limit: 10));
        Assert.Equal([(1, "newer")], Records(store));
    }

    [Fact]
    public void A_buried_record_does_not_come_back_with_its_own_write_but_with_a_later_one()
    {
        var store = Make();
        store.Apply(1, "record", new Stamp(1, 10, 0));
        var cursor = store.Capture().All();
        Assert.True(cursor.MoveNext());
        store.Bury(cursor.Current);

        Assert.Equal(0, store.Count);
        Assert.False(store.TryGet(1, out _));
        Assert.Empty(store.ScanIndexed<Tens, SelectKey, int>(new Tens(0)));
        Assert.False(store.Apply(1, "record", new Stamp(1, 10, 0)));
        Assert.True(store.Apply(1, "later", new Stamp(2, 11, 0)));
        Assert.Equal([(1, "later")], Records(store));
    }

    [Theory, InlineData(1), InlineData(2)]
    public void An_indexed_scan_finds_what_an_ordered_one_finds(int seed)
    {
        var random = new Random(seed);
        var store = Make();
        for (var i = 1; i < 20_000; i++)
        {
            store.Apply(random.Next(seed * 2_000), random.Next(3) == 0 ? null : $"{i}", new Stamp(i, i, 0));
            if (i % 1_000 == 0)
            {
                store.Purge(_ => true, int.MaxValue);
            }
        }

        var byTens = Records(store).Select(pair => pair.Key).ToLookup(key => key / 10);
        for (var tens = 0; tens < seed * 200; tens++)
        {
            Assert.Equal(byTens[tens], store.ScanIndexed<Tens, SelectKey, int>(new Tens(tens)));
            Assert.Equal(byTens[tens].Count(), store.CountIndexed(new Tens(tens)));
        }
    }

    [Fact]
    public void Reading_a_record_allocates_nothing()
    {
        var store = Make();
        store.Apply(1, "record", new Stamp(1, 10, 0));
        Read(store, 100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Read(store, 10_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static void Read(TableStore<int, string> store, int times)
        {
            for (var i = 0; i < times; i++)
            {
                store.TryGet(1, out _);
                store.TryGet(2, out _);
            }
        }
    }

    private static TableStore<int, string> Make()
    {
        var origins = new OriginTable();
        foreach (var id in new[] { "a", "b", "c" })
        {
            origins.NumberOf(new ReplicaId(id));
        }

        return new TableStore<int, string>(Sample.Schema, origins);
    }

    private static TableStore<int, string> Apply(IEnumerable<(int Key, string? Record, Stamp Stamp)> writes)
    {
        var store = Make();
        foreach (var (key, record, stamp) in writes)
        {
            store.Apply(key, record, stamp);
        }

        return store;
    }

    private static List<(int Key, string Record)> Records(TableStore<int, string> store)
    {
        List<(int, string)> records = [];
        for (var cursor = store.Capture().All(); cursor.MoveNext();)
        {
            records.Add((cursor.Current.Key, cursor.Current.Record!));
        }

        return records;
    }
}
