using MimGrains.Core.Identity;
using MimGrains.Tables;
using Microsoft.Extensions.Logging;

namespace MimGrains.Cets.Replicas;

// What operators ask of a silo.
internal sealed partial class ReplicaService
{
    public Task<bool> Ping(string table) => Task.FromResult(catalog.Find(table) is not null);

    public Task<TableInfo?> Info(string table) => Task.FromResult(catalog.Find(table)?.Info());

    public Task<WireHeldTable[]> HeldTables() => Task.FromResult(catalog.Hosts.Select(host => host.Held()).ToArray());

    public Task Pause(string table, string silo, TablePauses pauses)
    {
        if (catalog.Find(table) is { } host && host.SetPauses(new ReplicaId(silo), pauses))
        {
            LogPauses(_logger, table, silo, string.Join(", ", pauses.Pauses.Select(pause => pause.Who)));
        }

        return Task.CompletedTask;
    }

    public Task Leave(WireLeave leave)
    {
        if (catalog.Find(leave.Table) is not { } host)
        {
            return Task.CompletedTask;
        }

        host.LockedAndComplete(replica =>
        {
            var from = new ReplicaId(leave.From);
            if (host.JoinPlan.IsMeant(leave.SeenAttempt) && replica.OnLeft(from, leave.LastSequence, leave.Attempt))
            {
                host.JoinPlan.OnLeft(from);
            }

            return true;
        });
        host.EndPauses(new ReplicaId(leave.From), isDead: false);
        LogLeft(_logger, leave.Table, leave.From);
        return Task.CompletedTask;
    }

    public Task<long?> BeginRead(string table) =>
        Task.FromResult(catalog.Find(table) is { } host ? reads.Keep(host.CaptureEncoded()) : (long?)null);

    // Encoding goes on beside the other calls of this service.
    public Task<WireDumpChunk?> NextRead(long readId) => Task.Run(() => reads.Next(readId));

    [LoggerMessage(CetsEventId.PausesToldBy, LogLevel.Information, "Table {Table}: the pauses of {Silo} are now: [{Who}]")]
    private static partial void LogPauses(ILogger logger, string table, string silo, string who);

    [LoggerMessage(CetsEventId.SiloLeftTable, LogLevel.Information, "Table {Table}: {Silo} does not hold it any more")]
    private static partial void LogLeft(ILogger logger, string table, string silo);
}
