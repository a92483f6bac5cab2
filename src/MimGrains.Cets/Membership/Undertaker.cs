using System.Diagnostics;
using Microsoft.Extensions.Logging;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;

namespace MimGrains.Cets.Membership;

// dead -> no write waits for it -> its records go -> the survivors level what it had sent to only some of them.
/// <summary>Acts on the death of other silos, one after another.</summary>
internal sealed partial class Undertaker(
    TableCatalog catalog,
    ReplicationCarrier carrier,
    DeathNotices deaths,
    Levelling levelling,
    NodeDownHandlers handlers,
    ILogger<Undertaker> logger)
{
    // The lock of a table is given back after so many records.
    private const int SweepRecordsPerTurn = 1_024;

    private readonly ILogger _logger = logger;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var dead in deaths.Reader.ReadAllAsync(cancellationToken))
            {
                Bury(dead, cancellationToken);
                await levelling.RunOnceAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private void Bury(ReplicaId dead, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        carrier.Disconnect(dead);
        foreach (var table in catalog.Hosts)
        {
            table.SetPauses(dead.Value, []);
        }

        // First of all tables: writers must not wait until the records of the tables before are gone.
        // A message of another silo may have told a replica of the death before: its records go here all the same.
        var affected = catalog.Hosts.Where(table => table.LockedAndComplete(replica =>
        {
            replica.OnDead(dead);
            return replica.IsSweepDue;
        })).ToList();
        if (affected.Count == 0)
        {
            return;
        }

        LogDead(_logger, dead.Value);
        foreach (var table in affected)
        {
            var deaths = table.TakeDeaths();
            if (table.Locked(replica => replica.BeginSweep()) is not { } sweep)
            {
                handlers.Start(table, deaths, removed: 0);
                continue;
            }

            while (table.Locked(_ => sweep.Step(SweepRecordsPerTurn)))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            handlers.Start(table, deaths, sweep.Removed);
            LogRemoved(_logger, table.Name, sweep.Removed, dead.Value, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    [LoggerMessage(CetsEventId.SiloDead, LogLevel.Information, "Silo {Silo} is gone: no write waits for it any more")]
    private static partial void LogDead(ILogger logger, string silo);

    [LoggerMessage(CetsEventId.RecordsRemoved, LogLevel.Information,
        "Table {Table}: {Removed} records of {Silo} removed after {ElapsedMs} ms")]
    private static partial void LogRemoved(ILogger logger, string table, long removed, string silo, long elapsedMs);
}
