using System.Diagnostics;

namespace MimGrains.Benchmarks.Silo;

/// <param name="Server">Server name of the key that is written again and again.</param>
/// <param name="Number">Which record that is; another one of each writer.</param>
internal sealed record InsertWatchParameters(string Server, long Number);

/// <param name="Inserts">How many were acknowledged.</param>
/// <param name="LongestMs">Milliseconds of the longest one, after the first few.</param>
internal sealed record InsertWatchResult(long Inserts, double LongestMs);

/// <summary>Writes one record again and again until the input of the process closes. Every insert must be acknowledged.</summary>
internal sealed class InsertWatchOperation() : SiloOperation<InsertWatchParameters, InsertWatchResult>(OperationName)
{
    public const string OperationName = "insert-watch";

    /// <summary>The progress that says that it writes.</summary>
    public const string Writing = "writing";

    private const int WarmUpInserts = 200;

    // Five writers without a rest would leave no processor time for those that start.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(5);

    protected override async Task<InsertWatchResult> RunAsync(
        SiloContext silo, InsertWatchParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var entry = SessionData.Entry(with.Number, with.Server, silo.Address);
        for (var i = 0; i < WarmUpInserts; i++)
        {
            await silo.Table.InsertAsync(entry.Key, entry.Record, CancellationToken.None);
        }

        progress(Writing);
        var (inserts, longest) = (0L, TimeSpan.Zero);
        while (!cancellationToken.IsCancellationRequested)
        {
            var from = Stopwatch.GetTimestamp();
            await silo.Table.InsertAsync(entry.Key, entry.Record, CancellationToken.None);
            var took = Stopwatch.GetElapsedTime(from);
            longest = took > longest ? took : longest;
            inserts++;
            await Task.Delay(Rest, CancellationToken.None);
        }

        return new InsertWatchResult(inserts, longest.TotalMilliseconds);
    }
}
