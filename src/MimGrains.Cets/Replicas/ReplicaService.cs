using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Cets.Leading;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Cets.Replicas;

/// <summary>Answers the control calls of the other silos for the tables of this one.</summary>
internal sealed partial class ReplicaService(
    GrainId id,
    Silo silo,
    ILoggerFactory loggers,
    TableCatalog catalog,
    ReplicationCarrier carrier,
    DeathNotices deaths,
    DumpDesk dumps,
    ReadDesk reads,
    LeaderDesk leaders,
    IOptions<ReplicationOptions> options,
    ILogger<ReplicaService> logger) : GrainService(id, silo, loggers), IReplicaService
{
    private readonly ILogger _logger = logger;

    public Task<WireHelloReply> Hello(WireHello hello)
    {
        if (catalog.Find(hello.Table) is not { } table)
        {
            return Reply(HelloOutcome.NoSuchTable, "");
        }

        if (table.Description != hello.Definition)
        {
            LogOtherDefinition(_logger, hello.Table, hello.From, hello.Definition, table.Description);
            return Reply(HelloOutcome.OtherDefinition, table.Description);
        }

        var from = new ReplicaId(hello.From);
        var reply = table.LockedAndComplete(replica =>
        {
            var past = table.JoinPlan.OnHello(from);
            return replica.Hello(from, hello.Attempt, [.. hello.Dead.Select(dead => new ReplicaId(dead))], hello.Sequence, past);
        });
        if (reply is null)
        {
            return Reply(HelloOutcome.Refused, table.Description);
        }

        carrier.Connect(from);
        LogHello(_logger, hello.Table, hello.From, reply.Sequence);
        return Task.FromResult(new WireHelloReply(
            HelloOutcome.Welcome,
            table.Description,
            reply.Sequence,
            reply.IsReady,
            [.. reply.Dead.Select(dead => dead.Value)],
            WireBallot.From(reply.Ballot),
            table.OwnPauses,
            reply.PastAttempt));
    }

    public Task<WireDumpHeader?> BeginDump(WireDumpRequest request)
    {
        var required = request.Required.ToDictionary(need => new ReplicaId(need.Key), need => need.Value);
        var reader = catalog.Find(request.Table)?.Locked(replica => replica.BeginDump(required));
        if (reader is null)
        {
            return Task.FromResult<WireDumpHeader?>(null);
        }

        var dumpId = dumps.Keep(request.Table, request.From, reader);
        LogDumpBegun(_logger, request.Table, request.From, reader.TotalCount);
        return Task.FromResult<WireDumpHeader?>(WireDumpHeader.From(dumpId, request.Table, reader));
    }

    // Encoding goes on beside the other calls of this service: the state of a dump is fixed.
    public Task<WireDumpChunk?> NextDumpChunk(long dumpId) =>
        Task.Run(() => dumps.Next(dumpId, options.Value.DumpChunkRecords));

    public Task<WireLevelReply> Level(string table, string dead, long after, string[] allDead)
    {
        if (catalog.Find(table) is not { } host)
        {
            return Task.FromResult(new WireLevelReply([], []));
        }

        // Whoever asks has seen the death: this silo acts on it now, not when its own view catches up.
        ReplicaId[] known = [.. allDead.Select(id => new ReplicaId(id))];
        deaths.Announce(known);
        var reply = host.LockedAndComplete(replica =>
        {
            replica.NoteDeaths(known);
            return replica.Level(new ReplicaId(dead), after);
        });
        return Task.FromResult(new WireLevelReply(
            [.. reply.Retained.Select(batch => new TableBatch(table, batch))],
            [.. reply.Dead.Select(id => id.Value)]));
    }

    public Task<WireLeadReply> Lead(WireLeadRequest request) => catalog.Find(request.Table) is { } host
        ? leaders.TakeAsync(host, request)
        : Task.FromResult(new WireLeadReply(LeaderRole.NotReady, default, []));

    // Whoever has not got the table cannot have led it, and learns who does when it joins.
    public Task<WireGrant> Claim(WireClaim claim) => Task.FromResult(catalog.Find(claim.Table) is { } host
        ? leaders.TakeClaim(host, claim)
        : new WireGrant(IsGranted: true, claim.Ballot, 0, []));

    private static Task<WireHelloReply> Reply(HelloOutcome outcome, string definition) =>
        Task.FromResult(new WireHelloReply(outcome, definition, 0, IsReady: false, [], default, TablePauses.None, 0));
}
