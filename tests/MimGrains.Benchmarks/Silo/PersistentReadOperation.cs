using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Persistent;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Benchmarks.Silo;

/// <summary>What is read.</summary>
internal enum PersistentReadKind
{
    /// <summary>One record by its key, without a transaction.</summary>
    Dirty,

    /// <summary>One record by its key, in a transaction.</summary>
    Transaction,

    /// <summary>The sessions of a user, by the index, without a transaction.</summary>
    Index,

    /// <summary>
    /// The sessions of a user, by a range of the ordered table and a predicate, without a transaction.
    /// </summary>
    Match,
}

/// <param name="Storage">Which table.</param>
/// <param name="Kind">What is read.</param>
/// <param name="Server">Server name of the sessions.</param>
/// <param name="Records">How many were loaded.</param>
/// <param name="Loader">The silo that has loaded them.</param>
/// <param name="WarmupSeconds">Seconds that are not measured.</param>
/// <param name="Seconds">Seconds that are.</param>
internal sealed record PersistentReadParameters(
    StorageType Storage, PersistentReadKind Kind, string Server, long Records, string Loader, double WarmupSeconds, double Seconds);

/// <summary>One reader, random existing keys, made beforehand.</summary>
internal sealed class PersistentReadOperation() : SiloOperation<PersistentReadParameters, ReadResult>(OperationName)
{
    public const string OperationName = "persistent-read";
    private const int MaxKeys = 200_000;
    private const int ReadsBetweenClocks = 64;

    protected override async Task<ReadResult> RunAsync(
        SiloContext silo, PersistentReadParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var definition = PersistentData.Sessions(with.Storage);
        var table = silo.Services.GetRequiredService<IPersistentTables>().Get<SessionKey, SessionRecord>(definition.Name);
        var transactions = silo.Services.GetRequiredService<ITransactions>();
        var random = new Random(17);
        var keys = new SessionKey[Math.Min(MaxKeys, with.Records)];
        for (var at = 0; at < keys.Length; at++)
        {
            keys[at] = SessionData.Key(random.NextInt64(with.Records), with.Server, with.Loader);
        }

        Action<SessionKey>? read = with.Kind switch
        {
            PersistentReadKind.Dirty => key => Check(table.TryGet(key, out _), key),
            PersistentReadKind.Index => key => Check(
                table.Lookup(PersistentData.ByUser, new UserPrefix(key.Server, key.User)).Count == SessionData.SessionsPerUser, key),
            PersistentReadKind.Match => key => Check(Match(table, key) == SessionData.SessionsPerUser, key),
            _ => null,
        };
        return read is null
            ? await MeasureAsync(with, keys, async key => Check(
                await transactions.TransactionAsync(async transaction => await transaction.ReadAsync(definition, key)) is not null, key))
            : await Task.Factory.StartNew(
                () => Measure(with, keys, read), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static int Match(IPersistentTable<SessionKey, SessionRecord> table, SessionKey key) => table
        .Range(KeyRange.AtLeast(new SessionKey(key.Server, key.User, "", default)))
        .TakeWhile(entry => entry.Key.User == key.User && entry.Key.Server == key.Server)
        .Count(entry => entry.Record.Priority >= 0);

    private static ReadResult Measure(PersistentReadParameters with, SessionKey[] keys, Action<SessionKey> read)
    {
        var position = 0;
        Run(with.WarmupSeconds);
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        var reads = Run(with.Seconds);
        var elapsed = Stopwatch.GetElapsedTime(start);
        return new ReadResult(reads, elapsed.TotalNanoseconds, GC.GetAllocatedBytesForCurrentThread() - bytes);

        long Run(double seconds)
        {
            var end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
            var done = 0L;
            while (Stopwatch.GetTimestamp() < end)
            {
                for (var i = 0; i < ReadsBetweenClocks; i++)
                {
                    read(keys[position]);
                    position = (position + 1) % keys.Length;
                }

                done += ReadsBetweenClocks;
            }

            return done;
        }
    }

    private static async Task<ReadResult> MeasureAsync(PersistentReadParameters with, SessionKey[] keys, Func<SessionKey, Task> read)
    {
        var position = 0;
        await RunAsync(with.WarmupSeconds);
        var bytes = GC.GetTotalAllocatedBytes();
        var start = Stopwatch.GetTimestamp();
        var reads = await RunAsync(with.Seconds);
        var elapsed = Stopwatch.GetElapsedTime(start);
        return new ReadResult(reads, elapsed.TotalNanoseconds, GC.GetTotalAllocatedBytes() - bytes);

        async Task<long> RunAsync(double seconds)
        {
            var end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
            var done = 0L;
            for (; Stopwatch.GetTimestamp() < end; done++)
            {
                await read(keys[position]);
                position = (position + 1) % keys.Length;
            }

            return done;
        }
    }

    private static void Check(bool isFound, SessionKey key)
    {
        if (!isFound)
        {
            throw new InvalidOperationException($"What was loaded for {key} is not found.");
        }
    }
}
