using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tests.Tables;

[GenerateSerializer, Alias("test-visit")]
public sealed record Visit([property: Id(0)] string Who, [property: Id(1)] string Why);

public class CopyTests
{
    private const int Fragments = 4;

    private static readonly TableIndex<int, Visit, string> ByWho = new("who", (_, visit) => visit.Who);
    private static readonly PersistentTableDefinition<int, Visit> Set =
        new PersistentTableDefinition<int, Visit>("set") { Fragments = Fragments }.WithIndex(ByWho);

    private static readonly TableIndex<int, Visit, string> BagByWho = new("who", (key, visit) => key == 9 ? null : visit.Who);
    private static readonly PersistentTableDefinition<int, Visit> Bag =
        new PersistentTableDefinition<int, Visit>("bag") { Type = PersistentTableType.Bag, Fragments = Fragments }.WithIndex(BagByWho);

    private readonly LocalCopies _copies = new(Set, Bag);

    public static TheoryData<int> ManyFragments => [.. Enumerable.Range(0, Fragments)];

    [Fact]
    public async Task Writes_of_a_set_are_applied_in_order()
    {
        var copy = _copies.Copy(Set);
        var (a, b) = (new Visit("a", "x"), new Visit("b", "x"));
        await copy.ApplyAsync(0, [
            _copies.Put(Set, 1, a), _copies.Put(Set, 1, b), _copies.Put(Set, 2, a), _copies.Delete(Set, 2), _copies.Delete(Set, 3),
            _copies.Put(Set, 4, a), _copies.DeleteObject(Set, 4, b), _copies.Put(Set, 5, a), _copies.DeleteObject(Set, 5, a)]);
        Assert.Equal([new(1, b), new(4, a)], copy.Range(default));
        Assert.Equal([new(4, a)], copy.Lookup(ByWho, "a"));
        Assert.True(copy.TryGet(4, out var record) && record == a);
        Assert.Equal([a], copy.GetAll(4));
        Assert.Empty(copy.GetAll(2));
    }

    [Fact]
    public async Task A_bag_has_each_record_of_a_key_once()
    {
        var copy = _copies.Copy(Bag);
        var (a, b) = (new Visit("a", "x"), new Visit("b", "x"));
        await copy.ApplyAsync(0, [
            _copies.Put(Bag, 1, a), _copies.Put(Bag, 1, b), _copies.Put(Bag, 1, a), _copies.Put(Bag, 2, a), _copies.Put(Bag, 2, b),
            _copies.Delete(Bag, 2), _copies.Put(Bag, 3, a), _copies.Put(Bag, 3, b), _copies.DeleteObject(Bag, 3, a), _copies.Put(Bag, 9, a)]);
        Assert.Equal([a, b], copy.GetAll(1).OrderBy(visit => visit.Who));
        Assert.Empty(copy.GetAll(2));
        Assert.Equal([b], copy.GetAll(3));
        Assert.Equal(4, copy.Count);
        Assert.Equal([1, 3, 9], copy.Keys());
        Assert.Equal([new(1, a)], copy.Lookup(BagByWho, "a"));
        Assert.Equal(2, copy.CountLookup(BagByWho, "b"));
    }

    [Fact]
    public async Task Equal_records_of_a_bag_are_one_also_when_their_bytes_differ()
    {
        var word = new string('a', 3);
        var shared = new Visit(word, word);
        var apart = new Visit("aaa", new string('a', 3));
        var (first, second) = (_copies.Put(Bag, 1, shared), _copies.Put(Bag, 1, apart));

        // What this test is about: else it says nothing.
        Assert.False(first.Record.Span.SequenceEqual(second.Record.Span));
        await _copies.Copy(Bag).ApplyAsync(0, [first, second]);
        Assert.Equal([shared], _copies.Copy(Bag).GetAll(1));
        await _copies.Copy(Bag).ApplyAsync(0, [_copies.DeleteObject(Bag, 1, apart)]);
        Assert.Empty(_copies.Copy(Bag).GetAll(1));
        Assert.True(_copies.Bytes(Bag).AreEqual(first.Record.Span, second.Record.Span));
    }

    [Fact]
    public async Task Nothing_is_applied_when_one_write_cannot_be_read()
    {
        var copy = _copies.Copy(Set);
        var wrong = new FragmentWrite(WriteKind.Put, new byte[] { 1 }, _copies.Put(Set, 1, new("a", "x")).Record);
        await Assert.ThrowsAsync<InvalidDataException>(() => copy.ApplyAsync(0, [_copies.Put(Set, 1, new("a", "x")), wrong]));
        Assert.Equal(0, copy.Count);
    }

    [Theory, MemberData(nameof(ManyFragments))]
    public async Task A_fragment_is_listed_and_cleared_by_itself(int fragment)
    {
        foreach (var table in new[] { Set, Bag })
        {
            var copy = _copies.Copy(table);
            var keys = Enumerable.Range(0, 100).ToList();
            await copy.ApplyAsync(0, [.. keys.Select(key => _copies.Put(table, key, new($"{key}", "x")))]);
            var own = keys.Where(key => FragmentHash.FragmentOf(_copies.Bytes(table).ToBytes(key), Fragments) == fragment).ToList();
            Assert.InRange(own.Count, 1, 60);
            Assert.Equal(own, copy.Entries(fragment).Select(entry => _copies.Bytes(table).ReadKey(entry.Key.Span)));

            await copy.ApplyAsync(fragment, [new FragmentWrite(WriteKind.Clear, default, default)]);
            Assert.Equal(keys.Except(own), copy.Keys());
        }
    }

    [Fact]
    public async Task Ranges_and_pages_of_a_bag_go_by_its_keys()
    {
        var copy = _copies.Copy(Bag);
        await copy.ApplyAsync(0, [.. from key in Enumerable.Range(1, 5) from why in "xyz" select _copies.Put(Bag, key, new("a", $"{why}"))]);
        Assert.Equal([2, 2, 2, 3, 3, 3], KeysOf(KeyRange.AtLeast(2).LessThan(4)));
        Assert.Equal([4, 4, 4, 3, 3, 3], KeysOf(KeyRange.GreaterThan(2).AtMost(4).Descending()));

        List<TableEntry<int, Visit>> paged = [];
        string? next = null;
        do
        {
            var page = copy.RangePage(KeyRange.AtLeast(2), 2, next, entry => entry.Record.Why != "y");
            paged.AddRange(page.Entries);
            next = page.Continuation;
        }
        while (next is not null);
        Assert.Equal(copy.Range(KeyRange.AtLeast(2)).Where(entry => entry.Record.Why != "y"), paged);

        IEnumerable<int> KeysOf(KeyRange<int> range) => copy.Range(range).Select(entry => entry.Key);
    }

    [Fact]
    public async Task An_index_that_a_copy_does_not_have_is_refused()
    {
        await _copies.Copy(Set).ApplyAsync(0, [_copies.Put(Set, 1, new("a", "x"))]);
        Assert.Throws<ArgumentException>(() => _copies.Copy(Set).Lookup(BagByWho, "a"));
        Assert.Throws<ArgumentException>(() => _copies.Copy(Bag).Lookup(ByWho, "a"));
    }

    [Fact]
    public void Keys_are_where_they_have_always_been()
    {
        // Databases are cut by this.
        var keys = Enumerable.Range(0, 12).Select(key => FragmentHash.FragmentOf([(byte)key], 7));
        Assert.Equal([2, 6, 0, 1, 3, 0, 2, 6, 1, 0, 0, 1], keys);
    }
}
