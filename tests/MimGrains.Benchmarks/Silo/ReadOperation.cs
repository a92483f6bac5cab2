using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Sessions;

namespace MimGrains.Benchmarks.Silo;

/// <summary>What is read.</summary>
internal enum ReadKind
{
    /// <summary>One record by its key.</summary>
    Lookup,

    /// <summary>The sessions of a user.</summary>
    UserPrefix,

    /// <summary>The same, asked of the session manager.</summary>
    UserSessions,
}

/// <summary>How to read; <c>Loaders[k]</c> is the silo that wrote part k of the records.</summary>
internal sealed record ReadParameters(
    ReadKind Kind, string Server, long Records, IReadOnlyList<string> Loaders, double WarmupSeconds, double Seconds);

/// <summary>What one reader did.</summary>
internal sealed record ReadResult(long Reads, double ElapsedNs, long AllocatedBytes);

/// <summary>
/// One reader thread, random existing keys. The keys are made beforehand, each with a user and a resource string of its
/// own (never the table's objects), in the order they are read; server and silo names are one copy each.
/// </summary>
internal sealed class ReadOperation() : SiloOperation<ReadParameters, ReadResult>(OperationName)
{
    public const string OperationName = "read";
    private const int MaxKeys = 1_000_000;
    private const int ReadsBetweenClocks = 64;

    protected override Task<ReadResult> RunAsync(
        SiloContext silo, ReadParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        // A thread of its own, as one caller outside of the thread pool; its allocations are counted by thread.
        return Task.Factory.StartNew(
            () => with.Kind switch
            {
                ReadKind.Lookup => Measure(with, MakeKeys(with), new LookupReader(silo), cancellationToken),
                ReadKind.UserPrefix => Measure(with, MakePrefixes(with), new PrefixReader(silo), cancellationToken),
                ReadKind.UserSessions => Measure(with, MakePrefixes(with), new SessionReader(silo), cancellationToken),
                _ => throw new ArgumentException($"Unknown kind of read {with.Kind}."),
            },
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    private static SessionKey[] MakeKeys(ReadParameters with)
    {
        var server = new string(with.Server.AsSpan());
        var loaders = with.Loaders.Select(name => new string(name.AsSpan())).ToArray();
        return Array.ConvertAll(
            RandomIndexes(with.Records),
            i => SessionData.Key(i, server, loaders[SessionData.LoaderOf(i, with.Records, loaders.Length)]));
    }

    private static UserPrefix[] MakePrefixes(ReadParameters with)
    {
        var server = new string(with.Server.AsSpan());
        return Array.ConvertAll(RandomIndexes(with.Records), i => SessionData.UserOf(i, server));
    }

    private static long[] RandomIndexes(long records)
    {
        var random = new Random(17);
        var indexes = new long[records];
        for (var i = 0L; i < records; i++)
        {
            indexes[i] = i;
        }

        random.Shuffle(indexes);
        return indexes.Length <= MaxKeys ? indexes : indexes[..MaxKeys];
    }

    private static ReadResult Measure<TArgument, TReader>(
        ReadParameters with, TArgument[] arguments, TReader reader, CancellationToken cancellationToken)
        where TReader : struct, IReader<TArgument>
    {
        var position = 0;
        ReadFor(with.WarmupSeconds, arguments, reader, ref position, cancellationToken);
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        var reads = ReadFor(with.Seconds, arguments, reader, ref position, cancellationToken);
        var elapsed = Stopwatch.GetElapsedTime(start);
        return new ReadResult(reads, elapsed.TotalNanoseconds, GC.GetAllocatedBytesForCurrentThread() - bytes);
    }

    private static long ReadFor<TArgument, TReader>(
        double seconds, TArgument[] arguments, TReader reader, ref int position, CancellationToken cancellationToken)
        where TReader : struct, IReader<TArgument>
    {
        var end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        var reads = 0L;
        while (Stopwatch.GetTimestamp() < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (position + ReadsBetweenClocks > arguments.Length)
            {
                position = 0;
            }

            ReadSome(arguments.AsSpan(position, Math.Min(ReadsBetweenClocks, arguments.Length)), reader);
            position += ReadsBetweenClocks;
            reads += Math.Min(ReadsBetweenClocks, arguments.Length);
        }

        return reads;
    }

    // A method of its own, called often, so that the compiler's tiers replace it while the warm-up is running.
    private static void ReadSome<TArgument, TReader>(ReadOnlySpan<TArgument> arguments, TReader reader)
        where TReader : struct, IReader<TArgument>
    {
        foreach (ref readonly var argument in arguments)
        {
            reader.Read(in argument);
        }
    }

    private interface IReader<TArgument>
    {
        void Read(in TArgument argument);
    }

    private readonly struct LookupReader(SiloContext silo) : IReader<SessionKey>
    {
        public void Read(in SessionKey argument)
        {
            if (!silo.Table.TryGet(argument, out _))
            {
                throw new InvalidOperationException($"The table has no record {argument}, which was loaded.");
            }
        }
    }

    private readonly struct SessionReader(SiloContext silo) : IReader<UserPrefix>
    {
        private readonly ISessionManager _sessions = silo.Services.GetRequiredService<ISessionManager>();

        public void Read(in UserPrefix argument)
        {
            var reading = _sessions.GetUserSessionsAsync(argument.Server, argument.User);
            if (!reading.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException("A read on a silo completes at once.");
            }

            var found = reading.Result.Count;
            if (found != SessionData.SessionsPerUser)
            {
                throw new InvalidOperationException(
                    $"{argument} has {SessionData.SessionsPerUser} sessions, but {found} were found.");
            }
        }
    }

    private readonly struct PrefixReader(SiloContext silo) : IReader<UserPrefix>
    {
        public void Read(in UserPrefix argument)
        {
            var found = silo.Table.Scan(argument).Count;
            if (found != SessionData.SessionsPerUser)
            {
                throw new InvalidOperationException(
                    $"{argument} has {SessionData.SessionsPerUser} sessions, but {found} were found.");
            }
        }
    }
}
