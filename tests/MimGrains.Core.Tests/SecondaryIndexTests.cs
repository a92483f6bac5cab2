using MimGrains.Core.Identity;
using MimGrains.Core.Store;

namespace MimGrains.Core.Tests;

public sealed class SecondaryIndexTests
{
    private readonly List<string> _faults = [];

    [Theory, InlineData(3), InlineData(500)]
    public void An_index_finds_what_a_search_of_all_records_finds(int values)
    {
        var random = new Random(values);
        var store = Make(record => record.Length == 0 ? null : $"{record.Length}");
        for (var i = 1; i < 20_000; i++)
        {
            // Deletes, overwrites with another value, and records that are in no group.
            var record = random.Next(5) == 0 ? null : new string('x', random.Next(values));
            store.Apply(random.Next(3_000), record, new Stamp(i, i, 0));
        }

        var expected = Records(store).Where(pair => pair.Record.Length > 0).ToLookup(pair => pair.Record.Length, pair => pair.Key);
        for (var length = 0; length < values; length++)
        {
            Assert.Equal(expected[length], Find(store, $"{length}"));
        }
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void An_index_that_is_added_while_writes_go_on_finds_everything(int seed)
    {
        var random = new Random(seed);
        var store = Make(_ => null);
        var sequence = 0L;
        Write(5_000);
        var fill = store.AddIndex(new IndexSchema<int, string, string>("later", (_, record) => $"{record.Length}"));
        Assert.Throws<ArgumentException>(() => store.AddIndex(new IndexSchema<int, string, string>("later", (_, record) => record)));
        while (fill.Put(100))
        {
            Write(random.Next(200));
        }

        Write(500);
        foreach (var group in Records(store).GroupBy(pair => $"{pair.Record.Length}", pair => pair.Key))
        {
            Assert.Equal(group, store.Index<string>("later").Find(group.Key).Select(entry => entry.Key));
        }

        Assert.True(store.DropIndex("later"));
        Assert.False(store.DropIndex("later"));
        Assert.Throws<ArgumentException>(() => store.Index<string>("later"));

        void Write(int count)
        {
            for (var i = 0; i < count; i++)
            {
                sequence++;
                var record = random.Next(4) == 0 ? null : new string('x', random.Next(1, 20));
                store.Apply(random.Next(3_000), record, new Stamp(sequence, sequence, 0));
            }
        }
    }

    [Fact]
    public void A_write_moves_its_record_from_one_value_to_another_and_a_delete_takes_it_out()
    {
        var store = Make(record => record);
        store.Apply(1, "a", new Stamp(1, 1, 0));
        store.Apply(2, "a", new Stamp(2, 2, 0));
        store.Apply(1, "b", new Stamp(3, 3, 0));
        Assert.Equal([2], Find(store, "a"));
        Assert.Equal([1], Find(store, "b"));

        store.Apply(1, null, new Stamp(4, 4, 0));
        Assert.Empty(Find(store, "b"));
    }

    [Fact]
    public void What_a_reader_has_found_stays_as_it_was()
    {
        var store = Make(record => record[..1]);
        store.Apply(1, "a1", new Stamp(1, 1, 0));
        var found = store.Index<string>("first").Find("a");
        store.Apply(1, "a2", new Stamp(2, 2, 0));
        store.Apply(2, "a3", new Stamp(3, 3, 0));

        Assert.Equal(["a1"], found.Select(entry => entry.Record));
        Assert.Equal(["a2", "a3"], store.Index<string>("first").Find("a").Select(entry => entry.Record));
    }

    [Fact]
    public void A_function_that_throws_stops_its_own_write_and_leaves_the_record_of_another_silo_out()
    {
        var store = Make(record => record == "bad" ? throw new FormatException("no") : record);

        Assert.Throws<FormatException>(() => store.Check(1, "bad"));
        store.Apply(1, "good", new Stamp(1, 1, 0));
        store.Apply(1, "bad", new Stamp(2, 2, 0));
        Assert.True(store.TryGet(1, out var record));
        Assert.Equal("bad", record);
        Assert.Empty(Find(store, "good"));
        Assert.Contains("index first fails for key 1", Assert.Single(_faults), StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_that_is_not_declared_is_an_error_that_names_those_that_are()
    {
        var store = Make(record => record);
        Assert.Contains("[first]", Assert.Throws<ArgumentException>(() => store.Index<string>("second")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => store.Index<int>("first"));
    }

    [Fact]
    public async Task Readers_see_whole_groups_while_a_writer_goes_on()
    {
        // Every record moves from group to group, always all of a pair in two writes: a group has each key once, ascending.
        var store = Make(record => record);
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                var keys = Find(store, "a");
                Assert.Equal(keys.Distinct().Order(), keys);
            }
        })).ToList();
        for (var i = 1; i < 30_000; i++)
        {
            store.Apply(i * 7 % 100, i % 3 == 0 ? "b" : "a", new Stamp(i, i, 0));
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
    }

    private TableStore<int, string> Make(Func<string, string?> valueOf)
    {
        var origins = new OriginTable();
        origins.NumberOf(new ReplicaId("a"));
        return new TableStore<int, string>(
            new TableSchema<int, string>
            {
                Order = Comparer<int>.Default,
                Indexes = [new IndexSchema<int, string, string>("first", (_, record) => valueOf(record))],
                OnFault = _faults.Add,
            },
            origins);
    }

    private static List<int> Find(TableStore<int, string> store, string value) =>
        [.. store.Index<string>("first").Find(value).Select(entry => entry.Key)];

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
