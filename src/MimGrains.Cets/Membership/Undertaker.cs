using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;

namespace MimGrains.Cets.Membership;

// dead -> no write waits for it -> side by side: its records go; the survivors level what it had sent to only some of them.
/// <summary>
/// Acts on the death of other silos. Writers are freed at once, also when the records of a silo that died before are still
/// going, or a survivor that is asked to level does not answer.
/// </summary>
internal sealed partial class Undertaker(
    TableCatalog catalog,
    ReplicationCarrier carrier,
    DeathNotices deaths,
    Levelling levelling,
    NodeDownHandlers handlers,
    ILogger<Undertaker> logger)
{
    // The lock of a table is held for so many removals: well below a millisecond.
    private const int SweepRemovalsPerTurn = 256;

    // Looking at records takes no lock, but so many in a row are enough before those that were found go.
    private const int SweepLooksPerTurn = 8_192;

    private readonly Channel<Death> _toSweep = Channel.CreateUnbounded<Death>(new UnboundedChannelOptions { SingleReader = true });

    // One round covers all deaths before it: a second one that is asked for meanwhile is enough.
    private readonly Channel<bool> _toLevel = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private readonly ILogger _logger = logger;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(FreeWritersAsync(cancellationToken), SweepAsync(cancellationToken), LevelAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task FreeWritersAsync(CancellationToken cancellationToken)
    {
        HashSet<ReplicaId> logged = [];
        await foreach (var dead in deaths.Reader.ReadAllAsync(cancellationToken))
        {
            var noticedAt = Stopwatch.GetTimestamp();
            foreach (var silo in dead)
            {
                carrier.Disconnect(silo);
            }

            // A message of another silo may have told a replica of the death before: its records go all the same.
            var affected = catalog.Hosts.Where(table => FreeWriters(table, dead)).ToList();
            foreach (var silo in dead.Where(logged.Add))
            {
                LogDead(_logger, silo.Value);
            }

            if (affected.Count > 0)
            {
                _toSweep.Writer.TryWrite(new Death(affected, noticedAt));
                _toLevel.Writer.TryWrite(true);
            }
        }
    }

    // Returns whether there are records to be removed.
    private static bool FreeWriters(TableHost table, IReadOnlyList<ReplicaId> dead)
    {
        foreach (var silo in dead)
        {
            table.EndPauses(silo, isDead: true);
        }

        return table.LockedAndComplete(replica =>
        {
            replica.NoteDeaths(dead);
            return replica.IsSweepDue;
        });
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        await foreach (var death in _toSweep.Reader.ReadAllAsync(cancellationToken))
        {
            // On a thread of its own: it is busy for long, and the threads of the pool are what writes need to get on.
            await Task.Factory.StartNew(
                () => Sweep(death, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    private void Sweep(Death death, CancellationToken cancellationToken)
    {
        foreach (var table in death.Tables)
        {
            Sweep(table, death, cancellationToken);
        }
    }

    private void Sweep(TableHost table, Death death, CancellationToken cancellationToken)
    {
        // In one: a handler gets the records of its silo before any sweep takes them. There may be nothing left to do: the sweep
        // for another silo, which died in the same moment, has taken these records with it.
        var (taken, sweep) = table.Locked(replica => (table.TakeDeaths(), replica.IsSweepDue ? replica.BeginSweep() : null));
        if (sweep is null)
        {
            handlers.Start(table, taken, removed: 0);
            return;
        }

        bool isMore;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            isMore = sweep.Find(SweepLooksPerTurn, SweepRemovalsPerTurn);
            table.Locked(_ =>
            {
                sweep.Remove();
                return true;
            });
        }
        while (isMore);
        handlers.Start(table, taken, sweep.Removed);
        LogRemoved(
            _logger, table.Name, sweep.Removed, (long)Stopwatch.GetElapsedTime(death.NoticedAt).TotalMilliseconds);
    }

    private async Task LevelAsync(CancellationToken cancellationToken)
    {
        await foreach (var _ in _toLevel.Reader.ReadAllAsync(cancellationToken))
        {
            await levelling.RunOnceAsync(cancellationToken);
        }
    }

    [LoggerMessage(CetsEventId.SiloDead, LogLevel.Information, "Silo {Silo} is gone: no write waits for it any more")]
    private static partial void LogDead(ILogger logger, string silo);

    [LoggerMessage(CetsEventId.RecordsRemoved, LogLevel.Information,
        "Table {Table}: {Removed} records of dead owners removed after {ElapsedMs} ms")]
    private static partial void LogRemoved(ILogger logger, string table, long removed, long elapsedMs);

    private sealed record Death(IReadOnlyList<TableHost> Tables, long NoticedAt);
}
