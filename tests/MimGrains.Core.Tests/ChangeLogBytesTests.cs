using MimGrains.Core.Replication;
using MimGrains.Core.Watch;

namespace MimGrains.Core.Tests;

/// <summary>How many changes are kept when their records are large.</summary>
public sealed class ChangeLogBytesTests
{
    private const int Capacity = 100;
    private const int MaxBytes = 100 * 1_000;

    [Theory]
    [InlineData(10, 100)] // Small: the count is the bound.
    [InlineData(400, 100)]
    [InlineData(9_500, 10)] // The old record counts too, but there is none.
    [InlineData(200_000, 1)]
    public void Changes_are_kept_up_to_a_count_and_up_to_bytes(int recordBytes, int kept)
    {
        var replica = Sample.First(Sample.A);
        replica.RecordChanges(Capacity, MaxBytes, () => { });
        List<WatchPosition> positions = [];
        for (var i = 0; i < 3 * Capacity; i++)
        {
            positions.Add(replica.BeginWatch());
            replica.Insert(i, new string('x', recordBytes), nowMicros: 100 + i);
        }

        Assert.Equal(kept, positions.Count(at => replica.ReadChanges(at, 1, new List<Change<int, string>>()) is not null));
    }

    [Fact]
    public void A_large_record_that_is_deleted_counts_and_small_ones_after_it_are_kept_again()
    {
        var replica = Sample.First(Sample.A);
        replica.Insert(1, new string('x', MaxBytes - 200), nowMicros: 100);
        replica.RecordChanges(Capacity, MaxBytes, () => { });
        var first = replica.BeginWatch();
        replica.Delete(1, nowMicros: 200);
        Assert.NotNull(replica.ReadChanges(first, 1, new List<Change<int, string>>()));
        replica.Insert(2, new string('x', 200), nowMicros: 300);
        Assert.Null(replica.ReadChanges(first, 1, new List<Change<int, string>>()));

        var second = replica.BeginWatch();
        for (var i = 0; i < Capacity - 1; i++)
        {
            replica.Insert(3 + i, "small", nowMicros: 400 + i);
        }

        Assert.NotNull(replica.ReadChanges(second, 1, new List<Change<int, string>>()));
    }
}
