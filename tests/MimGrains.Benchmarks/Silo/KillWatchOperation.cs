using System.Diagnostics;
using MimGrains.Sessions;

namespace MimGrains.Benchmarks.Silo;

/// <param name="DeadSilo">The silo that will be killed.</param>
/// <param name="Server">Server name of the key that is written again and again.</param>
/// <param name="Number">Which record that is; another one on each silo.</param>
/// <param name="CountAfter">Records that are left when those of the dead silo are gone.</param>
/// <param name="SecondsAfter">How long to go on writing then.</param>
internal sealed record KillWatchParameters(string DeadSilo, string Server, long Number, long CountAfter, double SecondsAfter);

/// <summary>Moments in ticks of <see cref="Stopwatch"/>, which all processes of a machine share.</summary>
/// <param name="DetectedAt">Membership said that the silo is dead.</param>
/// <param name="RecordsGoneAt">None of its records was left.</param>
/// <param name="Inserts">How many were acknowledged.</param>
/// <param name="Longest">The longest inserts, in the order of time.</param>
internal sealed record KillWatchResult(long DetectedAt, long RecordsGoneAt, long Inserts, IReadOnlyList<InsertSpan> Longest);

/// <summary>One insert, from its call to its acknowledgement, in ticks of <see cref="Stopwatch"/>.</summary>
internal sealed record InsertSpan(long From, long To);

/// <summary>Writes one record again and again while another silo is killed, and notes when what is noticed.</summary>
internal sealed class KillWatchOperation() : SiloOperation<KillWatchParameters, KillWatchResult>(OperationName)
{
    public const string OperationName = "kill-watch";

    /// <summary>The progress that says that it writes and watches.</summary>
    public const string Watching = "watching";

    private const int WarmUpInserts = 200;
    private const int MaxSpans = 1_000;
    private static readonly TimeSpan LongInsert = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(1);

    protected override async Task<KillWatchResult> RunAsync(
        SiloContext silo, KillWatchParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var entry = SessionData.Entry(with.Number, with.Server, silo.Address);
        for (var i = 0; i < WarmUpInserts; i++)
        {
            await silo.Table.InsertAsync(entry.Key, entry.Record, cancellationToken);
        }

        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writing = Task.Run(() => WriteAsync(silo, entry.Key, entry.Record, done.Token), cancellationToken);
        var detecting = DetectAsync(silo, with.DeadSilo, cancellationToken);
        progress(Watching);
        var detectedAt = await detecting;
        while (silo.Table.Count != with.CountAfter)
        {
            await Task.Delay(PollPeriod, cancellationToken);
        }

        var goneAt = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(with.SecondsAfter), cancellationToken);
        await done.CancelAsync();
        var (inserts, longest) = await writing;
        return new KillWatchResult(detectedAt, goneAt, inserts, longest);
    }

    private static async Task<long> DetectAsync(SiloContext silo, string deadSilo, CancellationToken cancellationToken)
    {
        var address = SiloAddress.FromParsableString(deadSilo);
        var membership = (IClusterMembershipService)silo.Services.GetService(typeof(IClusterMembershipService))!;
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellationToken))
        {
            if (snapshot.GetSiloStatus(address) == SiloStatus.Dead)
            {
                break;
            }
        }

        return Stopwatch.GetTimestamp();
    }

    private static async Task<(long Inserts, List<InsertSpan> Longest)> WriteAsync(
        SiloContext silo, SessionKey key, SessionRecord record, CancellationToken stop)
    {
        List<InsertSpan> longest = [];
        var inserts = 0L;
        while (!stop.IsCancellationRequested)
        {
            var from = Stopwatch.GetTimestamp();
            await silo.Table.InsertAsync(key, record, CancellationToken.None);
            var to = Stopwatch.GetTimestamp();
            inserts++;
            if (Stopwatch.GetElapsedTime(from, to) >= LongInsert && longest.Count < MaxSpans)
            {
                longest.Add(new InsertSpan(from, to));
            }
        }

        return (inserts, longest);
    }
}
