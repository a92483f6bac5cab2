using MimGrains.Mnesia.Storage.Pages;

namespace MimGrains.Mnesia.Tests.Storage;

public sealed class MergePlanTests
{
    [Theory]
    [InlineData(new long[] { }, 0, 0)]
    [InlineData(new long[] { 5, 5, 5 }, 0, 0)]
    [InlineData(new long[] { 5, 5, 5, 5 }, 0, 4)]
    [InlineData(new long[] { 5, 5, 5, 5, 100 }, 0, 4)]
    [InlineData(new long[] { 5, 5, 5, 5, 60 }, 0, 5)]
    [InlineData(new long[] { 1, 50, 50, 50, 50 }, 1, 4)]
    [InlineData(new long[] { 1, 10, 100, 1_000, 10_000 }, 0, 0)]
    public void Runs_of_like_size_are_merged_wherever_they_are(long[] sizes, int first, int count) =>
        Assert.Equal((first, count), MergePlan.Choose([.. sizes.Select(Run)]));

    [Fact]
    public void However_many_runs_there_are_few_remain_and_no_byte_is_written_often()
    {
        List<RunInfo> runs = [];
        var random = new Random(7);
        var (added, written) = (0L, 0L);
        for (var i = 0; i < 10_000; i++)
        {
            runs.Insert(0, Run(1 + random.Next(1_000)));
            added += runs[0].SizeBytes;
            while (i % 50 == 0 && MergePlan.Choose(runs) is (var first, > 0 and var count))
            {
                var merged = Run(runs.Skip(first).Take(count).Sum(run => run.SizeBytes));
                runs.RemoveRange(first, count);
                runs.Insert(first, merged);
                written += merged.SizeBytes;
            }
        }

        Assert.InRange(runs.Count, 1, 50 + 30);
        Assert.InRange(written / added, 1, 12);
    }

    private static RunInfo Run(long size) => new("run", 1, 1, 1, size);
}
