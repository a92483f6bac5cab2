using System.Globalization;
using MimGrains.Core.Identity;
using MimGrains.Core.Store;

namespace MimGrains.Core.Tests;

public sealed class HashIndexTests
{
    private const int Many = 100_000;
    private const int Hash = 7;

    private readonly OriginTable _origins = new();
    private readonly TableStore<int, string> _store;
    private long _time;

    public HashIndexTests()
    {
        _origins.NumberOf(new ReplicaId("a"));
        _store = new TableStore<int, string>(Sample.Schema, _origins);
    }

    [Fact]
    public void Every_key_is_found_while_the_index_grows_to_a_hundred_thousand()
    {
        for (var key = 0; key < Many; key++)
        {
            Put(key, Text(key));
        }

        Assert.Equal(Many, _store.Count);
        Assert.Equal(-1, Enumerable.Range(0, Many).FirstOrDefault(key => Get(key) != Text(key), -1));
        Assert.Null(Get(Many));
    }

    [Theory, InlineData(0), InlineData(10), InlineData(Many), InlineData(4 * Many)]
    public void Every_key_is_found_whatever_room_was_made_before(int reserved)
    {
        const int first = 1_000;
        for (var key = 0; key < Many; key++)
        {
            if (key == first)
            {
                _store.Reserve(reserved);
            }

            Put(key, Text(key));
        }

        Assert.Equal(-1, Enumerable.Range(0, Many).FirstOrDefault(key => Get(key) != Text(key), -1));
        Assert.Null(Get(Many));
    }

    [Fact]
    public void Removed_keys_are_not_found_and_the_others_are()
    {
        for (var key = 0; key < Many; key++)
        {
            Put(key, Text(key));
        }

        for (var key = 0; key < Many; key += 2)
        {
            Put(key, null);
        }

        Assert.Equal(Many / 2, _store.Purge(_ => true, int.MaxValue));
        Assert.Equal(Many / 2, _store.Count);
        Assert.Equal(-1, Enumerable.Range(0, Many).FirstOrDefault(key => Get(key) != (key % 2 == 0 ? null : Text(key)), -1));
    }

    [Fact]
    public void Keys_with_one_hash_are_told_apart()
    {
        var index = new HashIndex<Link, LinkChain>();
        var links = Enumerable.Range(0, 5_000).Select(id => new Link(id)).ToList();
        links.ForEach(link => index.Add(Hash, link));
        index.Remove(Hash, links[17]);
        index.Replace(Hash, links[18], new Link(-18));

        var found = new HashSet<int>();
        for (var link = index.ChainOf(Hash); link is not null; link = link.Next)
        {
            Assert.True(found.Add(link.Id));
        }

        Assert.Equal(4_999, found.Count);
        Assert.DoesNotContain(17, found);
        Assert.DoesNotContain(18, found);
        Assert.Contains(-18, found);
    }

    [Fact]
    public void Removing_what_is_not_there_is_an_error()
    {
        var index = new HashIndex<Link, LinkChain>();

        Assert.Throws<InvalidOperationException>(() => index.Remove(Hash, new Link(1)));
    }

    [Fact]
    public async Task A_key_that_is_there_throughout_is_always_found_while_another_thread_writes()
    {
        const int stable = 500;
        for (var key = 0; key < stable; key++)
        {
            Put(key, "0");
        }

        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() => ReadUntil(stable, stop.Token))).ToList();
        for (var key = stable; key < Many; key++)
        {
            Put(key, "other");
            Put(key % stable, Text(key));
            if (key % 3 == 0)
            {
                Put(key, null);
                _store.Purge(_ => true, int.MaxValue);
            }
        }

        await stop.CancelAsync();
        var reads = await Task.WhenAll(readers);
        Assert.All(reads, count => Assert.True(count > 0));
    }

    private long ReadUntil(int stable, CancellationToken stop)
    {
        var reads = 0L;
        while (!stop.IsCancellationRequested || reads == 0)
        {
            for (var key = 0; key < stable; key++)
            {
                Assert.True(_store.TryGet(key, out _), $"Key {key} was not found.");
                reads++;
            }

            var tens = _store.ScanIndexed<Tens, SelectKey, int>(new Tens(7));
            Assert.True(tens.SequenceEqual(Enumerable.Range(70, 10)), $"The scan found [{string.Join(", ", tens)}].");
        }

        return reads;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private string? Get(int key) => _store.TryGet(key, out var record) ? record : null;

    private void Put(int key, string? record) => _store.Apply(key, record, new Stamp(++_time, _time, 0));

    private sealed class Link(int id)
    {
        public Link? Next;

        public int Id => id;
    }

    private readonly struct LinkChain : IChain<Link>
    {
        public static ref Link? Next(Link entry) => ref entry.Next;
    }
}
