using MimGrains.Tables;
using Orleans.TestingHost;
using Microsoft.Extensions.DependencyInjection;

namespace MimGrains.Cets.Tests;

public sealed class BagTests(TableCluster cluster) : IClassFixture<TableCluster>
{
    [Fact]
    public async Task A_bag_keeps_different_records_of_a_key_and_equal_ones_once_on_every_silo()
    {
        await Bag(0).InsertAsync("bag", "b");
        await Bag(1).InsertAsync("bag", "a");
        await Bag(2).InsertAsync("bag", "b");
        foreach (var bag in Bags())
        {
            Assert.Equal(["a", "b"], bag.Lookup("bag"));
            Assert.True(bag.Contains("bag", "a"));
            Assert.Equal(2, bag.CountOf("bag"));
        }
    }

    [Fact]
    public async Task Objects_are_deleted_one_by_one_and_keys_with_all_their_records()
    {
        await Bag(0).InsertManyAsync([new("del", "1"), new("del", "2"), new("del", "3"), new("other", "1")]);
        await Bag(1).DeleteObjectAsync("del", "2");
        Assert.All(Bags(), bag => Assert.Equal(["1", "3"], bag.Lookup("del")));

        // What is not there is no error.
        await Bag(2).DeleteObjectsAsync([new("del", "1"), new("del", "7")]);
        Assert.All(Bags(), bag => Assert.Equal(["3"], bag.Lookup("del")));
        await Bag(0).DeleteAsync("del");
        Assert.All(Bags(), bag => Assert.Empty(bag.Lookup("del")));
        Assert.All(Bags(), bag => Assert.Equal(["1"], bag.Lookup("other")));
    }

    [Fact]
    public async Task Writers_of_all_silos_that_insert_and_delete_the_same_records_end_with_equal_bags()
    {
        await Task.WhenAll(Bags().SelectMany((bag, number) => Enumerable.Range(0, 200).Select(i => (i + number) % 3 == 0
            ? bag.DeleteObjectAsync("race", $"{i % 20}")
            : bag.InsertAsync("race", $"{i % 20}"))));
        Assert.All(Bags(), bag => Assert.Equal(Bag(0).Lookup("race"), bag.Lookup("race")));
    }

    [Fact]
    public async Task Null_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentNullException>(() => Bag(0).InsertAsync(null!, "a"));
        await Assert.ThrowsAsync<ArgumentNullException>(() => Bag(0).InsertAsync("a", null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => Bag(0).DeleteAsync(null!));
        Assert.Throws<ArgumentNullException>(() => Bag(0).Lookup(null!));
        Assert.Throws<ArgumentNullException>(() => Bag(0).Contains("a", null!));
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Bag(0).InsertManyAsync([new("null", "a"), new("null", null!)]));
        Assert.Contains("Bag bag: entry 1 of 2 has no key or no record.", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<ArgumentException>(() => Bag(0).DeleteManyAsync(["null", null!]));
        Assert.Contains("Bag bag: one of the 2 keys is null.", error.Message, StringComparison.Ordinal);
        Assert.Empty(Bag(0).Lookup("null"));
    }

    private IEnumerable<IReplicatedBag<string, string>> Bags() => cluster.Silos.Select((_, number) => Bag(number));

    private IReplicatedBag<string, string> Bag(int silo) =>
        cluster.Silos[silo].ServiceProvider.GetRequiredKeyedService<IReplicatedBag<string, string>>(TableCluster.Bag);
}
