using Microsoft.Extensions.DependencyInjection;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Benchmarks.Silo;

/// <summary>How to insert.</summary>
/// <param name="Server">Server name of the new keys.</param>
/// <param name="Workers">Callers side by side.</param>
/// <param name="Batch">Records of one operation; 1 is InsertAsync, more is InsertManyAsync.</param>
/// <param name="Kind">By which operation, if <paramref name="Batch"/> is 1.</param>
/// <param name="Part">Which of <paramref name="Parts"/> interleaved key ranges is this silo's.</param>
/// <param name="Parts">Silos that insert at the same time.</param>
/// <param name="WarmupSeconds">Seconds that are not measured.</param>
/// <param name="Seconds">Seconds that are.</param>
internal sealed record InsertParameters(
    string Server, int Workers, int Batch, InsertKind Kind, int Part, int Parts, double WarmupSeconds, double Seconds);

/// <summary>By which operation to insert.</summary>
internal enum InsertKind
{
    Plain,
    New,
    Serial,
    Session,
}

/// <summary>
/// Workers in this silo insert fresh keys; what is inserted is made before the clock of the operation starts.
/// </summary>
internal sealed class InsertOperation() : SiloOperation<InsertParameters, LoadResult>(OperationName)
{
    public const string OperationName = "insert";

    protected override async Task<LoadResult> RunAsync(
        SiloContext silo, InsertParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var warmup = TimeSpan.FromSeconds(with.WarmupSeconds);
        var window = TimeSpan.FromSeconds(with.Seconds);

        // Callers without a token: one that can be cancelled costs the caller its own wait, which is not the table's.
        if (with.Batch == 1)
        {
            using var single = new ClosedLoop<TableEntry<SessionKey, SessionRecord>>(
                with.Workers,
                warmup,
                window,
                (worker, sequence) => SessionData.Entry(Index(with, worker, sequence), with.Server, silo.Address),
                with.Kind switch
                {
                    InsertKind.Plain => entry => silo.Table.InsertAsync(entry.Key, entry.Record, CancellationToken.None),
                    InsertKind.New => entry => InsertNewAsync(silo, entry),
                    InsertKind.Serial => entry => silo.Table.InsertSerialAsync(entry.Key, entry.Record, CancellationToken.None),
                    InsertKind.Session => entry => silo.Services.GetRequiredService<ISessionManager>().OpenAsync(
                        entry.Key.Server, entry.Key.User, entry.Key.Resource, entry.Record, CancellationToken.None).AsTask(),
                    _ => throw new ArgumentException($"No such kind of insert: {with.Kind}.", nameof(with)),
                });
            return await single.RunAsync(cancellationToken);
        }

        using var many = new ClosedLoop<TableEntry<SessionKey, SessionRecord>[]>(
            with.Workers,
            warmup,
            window,
            (worker, sequence) => Batch(with, Index(with, worker, sequence), silo.Address),
            entries => silo.Table.InsertManyAsync(entries, CancellationToken.None));
        return await many.RunAsync(cancellationToken);
    }

    private static async Task InsertNewAsync(SiloContext silo, TableEntry<SessionKey, SessionRecord> entry)
    {
        if (!await silo.Table.InsertNewAsync(entry.Key, entry.Record, CancellationToken.None))
        {
            throw new InvalidOperationException($"Key {entry.Key} is new, but had a record.");
        }
    }

    // Silos and workers interleave: operation number x of all is the x-th batch of keys.
    private static long Index(InsertParameters with, int worker, long sequence) =>
        (((sequence * with.Workers) + worker) * with.Parts) + with.Part;

    private static TableEntry<SessionKey, SessionRecord>[] Batch(InsertParameters with, long index, string silo)
    {
        var entries = new TableEntry<SessionKey, SessionRecord>[with.Batch];
        for (var k = 0; k < entries.Length; k++)
        {
            entries[k] = SessionData.Entry((index * with.Batch) + k, with.Server, silo);
        }

        return entries;
    }
}
