using Xunit.Abstractions;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>Times that hold on an idle machine of two processors; where tests share theirs, they are only told.</summary>
internal static class Timing
{
    private const string Variable = "MIMGRAINS_TIMINGS";

    /// <summary>Tells how long something took; with <c>MIMGRAINS_TIMINGS=1</c> it must not have taken longer.</summary>
    public static void AtMost(TimeSpan limit, TimeSpan took, string what, ITestOutputHelper output)
    {
        output.WriteLine($"{what} after {took.TotalSeconds:0.0} s.");
        if (Environment.GetEnvironmentVariable(Variable) == "1")
        {
            Assert.True(took <= limit, $"{what} after {took.TotalSeconds:0.0} s; allowed: {limit.TotalSeconds:0} s.");
        }
    }
}
