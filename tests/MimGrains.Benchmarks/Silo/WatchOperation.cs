using System.Diagnostics;
using MimGrains.Tables;

namespace MimGrains.Benchmarks.Silo;

/// <param name="Server">Server name of the keys that are watched.</param>
/// <param name="EndServer">A change of a key with this server name is the last one.</param>
internal sealed record WatchParameters(string Server, string EndServer);

/// <param name="Changes">How many were seen, without the last one.</param>
/// <param name="ElapsedNs">From the first one to the last one.</param>
/// <param name="LongestGapNs">The longest time without one.</param>
internal sealed record WatchResult(long Changes, double ElapsedNs, double LongestGapNs);

/// <summary>Watches the table of this silo until a change that is the last one.</summary>
internal sealed class WatchOperation() : SiloOperation<WatchParameters, WatchResult>(OperationName)
{
    public const string OperationName = "watch";

    /// <summary>The progress that says that every change from now on is seen.</summary>
    public const string Watching = "watching";

    protected override async Task<WatchResult> RunAsync(
        SiloContext silo, WatchParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var (changes, first, last, longestGap) = (0L, 0L, 0L, 0L);
        await foreach (var change in silo.Table.WatchAsync(
            entry => entry.Key.Server == with.Server || entry.Key.Server == with.EndServer, cancellationToken: cancellationToken))
        {
            if (change.Kind == TableEventKind.Synced)
            {
                progress(Watching);
                continue;
            }

            if (change.Kind is TableEventKind.Listed or TableEventKind.OwnerLost)
            {
                throw new InvalidOperationException($"Only changes of {with.Server} were expected, not {change.Kind} {change.Key}.");
            }

            if (change.Key.Server == with.EndServer)
            {
                break;
            }

            var now = Stopwatch.GetTimestamp();
            (first, longestGap) = changes++ == 0 ? (now, 0) : (first, Math.Max(longestGap, now - last));
            last = now;
        }

        return new WatchResult(
            changes, Stopwatch.GetElapsedTime(first, last).TotalNanoseconds, Stopwatch.GetElapsedTime(0, longestGap).TotalNanoseconds);
    }
}
