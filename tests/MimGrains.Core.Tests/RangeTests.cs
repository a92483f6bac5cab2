using MimGrains.Core.Replication;

namespace MimGrains.Core.Tests;

public sealed class RangeTests
{
    [Theory, InlineData(0), InlineData(1), InlineData(64), InlineData(65), InlineData(5_000)]
    public void A_range_gives_both_ways_what_is_between_its_ends(int count)
    {
        var replica = Sample.First(Sample.A);
        for (var i = 0; i < count; i++)
        {
            // Even keys only, so that an end may stand on a key or between two.
            replica.Insert(i * 7_919 % count * 2, $"{i}", nowMicros: i + 1);
        }

        for (var key = 0; key < count; key += 11)
        {
            replica.Delete(key * 2, nowMicros: 10_000 + key);
        }

        var view = replica.Capture();
        var all = view.All().Select(pair => pair.Key).ToList();
        foreach (var (low, high) in Ends(count))
        {
            var expected = all.Where(key => key > low && key < high).ToList();
            Assert.Equal(expected, Between(view, low, high, isDescending: false));
            expected.Reverse();
            Assert.Equal(expected, Between(view, low, high, isDescending: true));
        }
    }

    [Fact]
    public void A_range_stays_as_it_was_when_it_began()
    {
        var replica = Sample.First(Sample.A);
        for (var i = 0; i < 1_000; i++)
        {
            replica.Insert(i, "old", nowMicros: i + 1);
        }

        using var records = replica.Capture().Between(new Above(99), new Below(900), isDescending: true).GetEnumerator();
        Assert.True(records.MoveNext());
        for (var i = 0; i < 1_000; i++)
        {
            replica.Insert(i, "new", nowMicros: 2_000 + i);
            replica.Delete(999 - i, nowMicros: 2_000 + i);
        }

        var seen = 1;
        while (records.MoveNext())
        {
            Assert.Equal("old", records.Current.Value);
            seen++;
        }

        Assert.Equal(800, seen);
    }

    private static IEnumerable<(int Low, int High)> Ends(int count)
    {
        var random = new Random(count);
        yield return (-1, int.MaxValue);
        yield return (count, -1);
        for (var i = 0; i < 50; i++)
        {
            yield return (random.Next(-3, (count * 2) + 3), random.Next(-3, (count * 2) + 3));
        }
    }

    private static List<int> Between(TableView<int, string> view, int low, int high, bool isDescending) =>
        [.. view.Between(new Above(low), new Below(high), isDescending).Select(pair => pair.Key)];

    private readonly struct Above(int bound) : IComparable<int>
    {
        public int CompareTo(int other) => other > bound ? -1 : 1;
    }

    private readonly struct Below(int bound) : IComparable<int>
    {
        public int CompareTo(int other) => other < bound ? 1 : -1;
    }
}
