using MimGrains.Core.Store;

namespace MimGrains.Core.Tests;

public sealed class OrderedIndexTests
{
    private readonly OrderedIndex<int, string> _index = new(Comparer<int>.Default);
    private readonly SortedDictionary<int, string> _model = [];

    [Theory, InlineData(1, 100), InlineData(2, 5_000), InlineData(3, 200_000)]
    public void It_holds_what_a_sorted_dictionary_holds(int seed, int keys)
    {
        var random = new Random(seed);
        for (var i = 0; i < 40_000; i++)
        {
            // Phases of growing and of shrinking, so that nodes split and empty.
            var key = random.Next(keys);
            if (random.Next(10) < (i / 10_000 % 2 == 0 ? 7 : 3))
            {
                Set(key, $"{i}");
            }
            else
            {
                Remove(key);
            }
        }

        Assert.Equal(_model.Count, _index.Capture().Count);
        Assert.Equal(_model, Pairs(_index.Capture().All()));
    }

    [Fact]
    public void A_snapshot_stays_as_it_was()
    {
        var random = new Random(4);
        List<(OrderedIndex<int, string>.Snapshot Snapshot, List<KeyValuePair<int, string>> Expected)> snapshots = [];
        for (var i = 0; i < 20_000; i++)
        {
            if (random.Next(2) == 0)
            {
                Set(random.Next(2_000), $"{i}");
            }
            else
            {
                Remove(random.Next(2_000));
            }

            if (i % 500 == 0)
            {
                snapshots.Add((_index.Capture(), [.. _model]));
            }
        }

        Assert.All(snapshots, taken =>
        {
            Assert.Equal(taken.Expected.Count, taken.Snapshot.Count);
            Assert.Equal(taken.Expected, Pairs(taken.Snapshot.All()));
        });
    }

    [Fact]
    public void Keys_that_only_grow_are_kept_in_order()
    {
        for (var key = 0; key < 50_000; key++)
        {
            Set(key, "");
        }

        Assert.Equal(_model, Pairs(_index.Capture().All()));
    }

    [Fact]
    public void Keys_that_grow_between_others_and_snapshots_are_kept_in_order()
    {
        var random = new Random(6);
        List<(OrderedIndex<int, string>.Snapshot Snapshot, List<KeyValuePair<int, string>> Expected)> snapshots = [];
        for (var (i, last) = (0, 0); i < 200; i++)
        {
            // A run of any length, sometimes with one that is out of order, replaced or removed in it.
            for (var left = random.Next(3_000); left > 0; left--)
            {
                Set(last += 1 + random.Next(3), $"{i}");
            }

            if (random.Next(3) == 0)
            {
                Set(random.Next(last + 1), "between");
                Set(last, "again");
                Remove(random.Next(2) == 0 ? last : random.Next(last + 1));
            }

            if (random.Next(4) == 0)
            {
                snapshots.Add((_index.Capture(), [.. _model]));
            }
        }

        snapshots.Add((_index.Capture(), [.. _model]));
        Assert.All(snapshots, taken =>
        {
            Assert.Equal(taken.Expected.Count, taken.Snapshot.Count);
            Assert.Equal(taken.Expected, Pairs(taken.Snapshot.All()));
        });
        foreach (var key in _model.Keys.ToList())
        {
            Remove(key);
        }

        Assert.Equal(0, _index.Capture().Count);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Deleting_all_leaves_an_empty_index_that_can_be_filled_again(bool backwards)
    {
        for (var key = 0; key < 10_000; key++)
        {
            Set(key, "");
        }

        for (var i = 0; i < 10_000; i++)
        {
            Remove(backwards ? 9_999 - i : i);
        }

        Assert.Equal(0, _index.Capture().Count);
        Assert.Empty(Pairs(_index.Capture().All()));
        Set(5, "again");
        Assert.Equal(_model, Pairs(_index.Capture().All()));
    }

    [Theory, InlineData(1), InlineData(3), InlineData(40), InlineData(100_000)]
    public void Many_that_go_at_once_leave_the_others_and_older_snapshots_alone(int share)
    {
        var random = new Random(share);
        for (var i = 0; i < 40_000; i++)
        {
            Set(random.Next(100_000), $"{i}");
        }

        List<KeyValuePair<int, string>> before = [.. _model];
        var snapshot = _index.Capture();
        var going = Entries(snapshot.All()).Where(entry => random.Next(share) == 0 || entry.Key / 1_000 % 3 == 0).ToArray();
        foreach (var run in going.Chunk(300))
        {
            // Also with writes that have not been sorted in yet.
            Set(100_000 + run[0].Key, "new");
            _index.RemoveRun(run);
            Array.ForEach(run, entry => _model.Remove(entry.Key));
        }

        Assert.Equal(_model.Count, _index.Capture().Count);
        Assert.Equal(_model, Pairs(_index.Capture().All()));
        Assert.Equal(before, Pairs(snapshot.All()));
        Set(5, "again");
        Assert.Equal(_model, Pairs(_index.Capture().All()));
        Assert.Throws<InvalidOperationException>(() => _index.RemoveRun(going.AsSpan(0, 1)));
    }

    [Fact]
    public void A_seek_begins_at_the_first_key_of_a_prefix_or_after_a_key()
    {
        var random = new Random(5);
        for (var i = 0; i < 3_000; i++)
        {
            Set(random.Next(10_000), "");
        }

        for (var i = 0; i < 500; i++)
        {
            Remove(_model.Keys.ElementAt(random.Next(_model.Count)));
        }

        var snapshot = _index.Capture();
        for (var probe = -1; probe < 1_001; probe++)
        {
            Assert.Equal(_model.Keys.FirstOrDefault(key => key >= probe * 10, -1), First(snapshot.From(new Tens(probe))));
            Assert.Equal(_model.Keys.FirstOrDefault(key => key > probe, -1), First(snapshot.After(probe)));
        }

        static int First(OrderedIndex<int, string>.Cursor cursor) => cursor.MoveNext() ? cursor.Current.Key : -1;
    }

    private static IEnumerable<KeyValuePair<int, string>> Pairs(OrderedIndex<int, string>.Cursor cursor)
    {
        while (cursor.MoveNext())
        {
            yield return new(cursor.Current.Key, cursor.Current.Record!);
        }
    }

    private static IEnumerable<Entry<int, string>> Entries(OrderedIndex<int, string>.Cursor cursor)
    {
        while (cursor.MoveNext())
        {
            yield return cursor.Current;
        }
    }

    private void Set(int key, string record)
    {
        _model[key] = record;
        Put(key, record);
    }

    private void Remove(int key)
    {
        _model.Remove(key);
        Put(key, record: null);
    }

    private void Put(int key, string? record) =>
        _index.Put(new Entry<int, string> { Key = key, Record = record, Stamp = default, Hash = 0, PrefixHash = 0 });
}
