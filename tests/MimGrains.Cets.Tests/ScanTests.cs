using MimGrains.Cets.Tables;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

public sealed class ScanTests
{
    private static readonly TableIndex<string, Guest, string> ByRoom = new("room", (_, guest) => guest.Room);
    private static readonly TableIndex<string, Guest, int> ByAge = new("age", (_, guest) => guest.Age);

    private readonly ReplicatedTable<string, Guest> _table = LocalTable.Make(
        new TableDefinition<string, Guest>("guests").WithIndex(ByRoom).WithIndex(ByAge));

    [Fact]
    public async Task Several_indexes_find_records_by_derived_values()
    {
        await _table.InsertAsync("anna", new Guest("blue", 30));
        await _table.InsertAsync("bert", new Guest("blue", 40));
        await _table.InsertAsync("carl", new Guest(null, 40));
        Assert.Equal(["anna", "bert"], _table.Lookup(ByRoom, "blue").Select(entry => entry.Key));
        Assert.Equal(["bert", "carl"], _table.Lookup(ByAge, 40).Select(entry => entry.Key));

        await _table.InsertAsync("bert", new Guest("red", 41));
        await _table.DeleteAsync("anna");
        Assert.Empty(_table.Lookup(ByRoom, "blue"));
        Assert.Equal(1, _table.CountLookup(ByAge, 41));
    }

    [Fact]
    public void An_index_of_another_table_is_refused_with_the_names_of_those_there_are()
    {
        var error = Assert.Throws<ArgumentException>(() => _table.Lookup(new TableIndex<string, Guest, string>("room", (_, _) => ""), ""));
        Assert.Contains("guests does not declare this index room; it declares: [room, age]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_an_index_function_does_not_take_is_not_written()
    {
        var index = new TableIndex<string, Guest, int>("strict", (_, guest) => guest.Age < 0 ? throw new FormatException("age") : guest.Age);
        var table = LocalTable.Make(new TableDefinition<string, Guest>("strict").WithIndex(index));

        var error = await Assert.ThrowsAsync<ArgumentException>(() => table.InsertAsync("anna", new Guest("blue", -1)));
        Assert.Equal("Table strict: a function of its definition fails for key anna: age", error.Message);
        Assert.Equal(0, table.Count);
        Assert.Equal(0, table.Replica.LastSequence);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Pages_give_every_record_once_while_others_come_and_go(bool isDescending)
    {
        await _table.InsertManyAsync([.. Enumerable.Range(0, 100).Select(i => Entry(i))]);
        var range = KeyRange.AtLeast("k010").LessThan("k090");
        range = isDescending ? range.Descending() : range;
        List<string> seen = [];
        string? continuation = null;
        do
        {
            var page = _table.RangePage(range, limit: 7, continuation, entry => entry.Record.Age % 3 == 0);
            Assert.True(page.Entries.Count <= 7);
            seen.AddRange(page.Entries.Select(entry => entry.Key));
            continuation = page.Continuation;

            // The key that the next page goes on from need not be there any more.
            await _table.DeleteAsync(page.Entries[^1].Key);
        }
        while (continuation is not null);

        var expected = Enumerable.Range(10, 80).Where(i => i % 3 == 0).Select(i => Entry(i).Key);
        Assert.Equal(isDescending ? expected.Reverse() : expected, seen);
    }

    [Fact]
    public async Task A_last_page_that_is_full_says_that_it_is_the_last()
    {
        await _table.InsertManyAsync([.. Enumerable.Range(0, 10).Select(i => Entry(i))]);
        Assert.Null(_table.RangePage(KeyRange.All<string>(), limit: 10).Continuation);
        Assert.NotNull(_table.RangePage(KeyRange.All<string>(), limit: 9).Continuation);
    }

    [Theory, InlineData("nonsense"), InlineData("!"), InlineData(""), InlineData("AAAAAAAAAAAAAAAA")]
    public void What_is_no_continuation_is_refused(string continuation) =>
        Assert.Contains("guests", Assert.Throws<ArgumentException>(
            () => _table.RangePage(KeyRange.All<string>(), 1, continuation)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_continuation_of_another_table_or_another_range_is_refused()
    {
        await _table.InsertManyAsync([.. Enumerable.Range(0, 10).Select(i => Entry(i))]);
        var continuation = _table.RangePage(KeyRange.All<string>(), 5).Continuation;
        Assert.Throws<ArgumentException>(() => _table.RangePage(KeyRange.AtLeast("k008"), 5, continuation));
        var other = LocalTable.Make(new TableDefinition<string, Guest>("others"));
        Assert.Throws<ArgumentException>(() => other.RangePage(KeyRange.All<string>(), 5, continuation));
    }

    [Fact]
    public async Task Where_and_range_read_one_moment()
    {
        await _table.InsertManyAsync([.. Enumerable.Range(0, 10).Select(i => Entry(i))]);
        var even = _table.Where(entry => entry.Record.Age % 2 == 0);
        var last = _table.Range(KeyRange.GreaterThan("k007"));
        await _table.DeleteManyAsync([.. _table.Dump().Select(entry => entry.Key)]);
        Assert.Equal(5, even.Count());
        Assert.Equal(["k008", "k009"], last.Select(entry => entry.Key));
    }

    private static TableEntry<string, Guest> Entry(int i) => new($"k{i:000}", new Guest("room", i));
}

[GenerateSerializer, Immutable]
public sealed record Guest([property: Id(0)] string? Room, [property: Id(1)] int Age);
