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
        store.Bury([cursor.Current]);

        Assert.Equal(0, store.Count);
        Assert.False(store.TryGet(1, out _));
        Assert.Empty(store.ScanIndexed<Tens, SelectKey, int>(new Tens(0)));
        Assert.False(store.Apply(1, "record", new Stamp(1, 10, 0)));
        Assert.True(store.Apply(1, "later", new Stamp(2, 11, 0)));
        Assert.Equal([(1, "later")], Records(store));
    }

    [Fact]
    public void Who_holds_an_entry_has_its_record_still_when_it_is_buried_and_nobody_else()
    {
        var store = Make();
        store.Apply(1, "buried", new Stamp(1, 10, 0));
        store.Apply(2, "kept", new Stamp(2, 20, 0));
        store.Changes = new(capacity: 9, maxBytes: 1_000, first: 1, origins: 3, _ => 1);
        var before = store.Capture();
        var entry = store.EntryOf(1)!;
        Assert.True(TableStore<int, string>.IsCurrent(entry));
        store.Bury([entry]);

        var cursor = before.All();
        Assert.True(cursor.MoveNext());
        Assert.Equal("buried", cursor.Current.Record);
        Assert.False(TableStore<int, string>.IsCurrent(entry));
        Assert.Equal([(2, "kept")], Records(store));
        Assert.False(store.TryGet(1, out _, out var stamp));
        Assert.Equal(default, stamp);
        Assert.Equal(new Stamp(1, 10, 0), Assert.Single(store.CaptureTombstones()).Stamp);
        var change = store.Changes.At(1);
        Assert.Equal((true, false, false), (change.HadRecord, change.HasRecord, change.HasWrite));

        Assert.Equal(1, store.Purge(_ => true, limit: 9));
        Assert.Null(store.EntryOf(1));
        Assert.True(store.Apply(1, "older", new Stamp(9, 9, 1)));
        Assert.Equal([1, 2], store.ScanIndexed<Tens, SelectKey, int>(new Tens(0)));
    }

    [Fact]
    public void An_entry_is_current_until_another_write_takes_its_place()
    {
        var store = Make();
        store.Apply(1, "first", new Stamp(1, 10, 0));
        var first = store.EntryOf(1)!;
        store.Apply(1, "loses", new Stamp(9, 9, 1));
        Assert.True(TableStore<int, string>.IsCurrent(first));
        store.Apply(1, "second", new Stamp(2, 20, 0));
        var second = store.EntryOf(1)!;
        Assert.False(TableStore<int, string>.IsCurrent(first));
        Assert.False(first.IsTombstone);
        Assert.True(TableStore<int, string>.IsCurrent(second));
        store.Apply(1, null, new Stamp(3, 30, 0));
        Assert.False(TableStore<int, string>.IsCurrent(second));
        Assert.False(TableStore<int, string>.IsCurrent(store.EntryOf(1)!));
    }

    [Fact]
    public void The_sums_are_those_of_a_store_that_never_had_what_is_buried()
    {
        var store = Make();
        var expected = Make();
        for (var i = 0; i < 500; i++)
        {
            store.Apply(i, "record", new Stamp(i, i, i % 3));
            if (i % 3 != 1)
            {
                expected.Apply(i, "record", new Stamp(i, i, i % 3));
            }
        }

        store.Bury([.. Enumerable.Range(0, 500).Where(i => i % 3 == 1).Select(i => store.EntryOf(i)!)]);

        Assert.Equal(expected.CopyDigest(), store.CopyDigest());
        Assert.Equal(expected.Count, store.Count);
        Assert.Equal(Records(expected), Records(store));
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
