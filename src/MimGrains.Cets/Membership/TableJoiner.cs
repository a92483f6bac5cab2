using System.Diagnostics;
using Microsoft.Extensions.Logging;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;
using MimGrains.Tables;

namespace MimGrains.Cets.Membership;

// hello to every active silo -> dump of one that is ready -> ready. Nobody ready: the least of those that join begins, empty.
/// <summary>Joins one table of this silo with those of the others. One for each table, used once.</summary>
internal sealed partial class TableJoiner(
    TableHost table,
    LiveSilos silos,
    ReplicaServiceClient services,
    ReplicationCarrier carrier,
    ILogger logger)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromSeconds(2);

    private readonly Dictionary<ReplicaId, WireHelloReply> _answers = [];
    private readonly ILogger _logger = logger;
    private long _attempt;
    private int _sourceTurn;

    /// <summary>Completes when the replica is ready.</summary>
    /// <exception cref="TableDefinitionMismatchException">An active silo defines the table differently.</exception>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        LogJoinBegun(_logger, table.Name);
        var sinceProgress = Stopwatch.GetTimestamp();
        while (!await TryJoinAsync(cancellationToken))
        {
            if (Stopwatch.GetElapsedTime(sinceProgress) > ProgressPeriod)
            {
                sinceProgress = Stopwatch.GetTimestamp();
                LogJoinWaits(_logger, table.Name, string.Join(", ", Unanswered()), string.Join(", ", _answers.Keys));
            }

            await Task.Delay(RetryPause, cancellationToken);
        }

        table.BecomeReady();
        LogJoined(_logger, table.Name, table.Replica.Count, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    private async Task<bool> TryJoinAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(Unanswered().Select(silo => GreetAsync(silo, cancellationToken)));
        if (Unanswered().Count > 0)
        {
            return false;
        }

        var joined = silos.Others().Where(silo => _answers.TryGetValue(silo, out var answer)
            && answer.Outcome == HelloOutcome.Welcome).ToList();
        var ready = joined.Where(silo => _answers[silo].IsReady).ToList();
        if (ready.Count > 0)
        {
            return await TryDumpAsync(ready[_sourceTurn++ % ready.Count], cancellationToken);
        }

        if (joined.All(silo => table.Replica.Self.CompareTo(silo) < 0))
        {
            return true;
        }

        // They join as this one does: one of them will be ready soon.
        _answers.Clear();
        return false;
    }

    private List<ReplicaId> Unanswered()
    {
        lock (_answers)
        {
            return [.. silos.Others().Where(silo => !_answers.ContainsKey(silo))];
        }
    }

    private async Task GreetAsync(ReplicaId silo, CancellationToken cancellationToken)
    {
        var hello = new WireHello(table.Name, table.Replica.Self.Value, Interlocked.Increment(ref _attempt), table.Description,
            [.. table.Locked(replica => replica.DeadReplicas).Select(dead => dead.Value)]);
        WireHelloReply reply;
        try
        {
            reply = await services.Of(silo).Hello(hello).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogJoinRetried(_logger, table.Name, silo.Value, exception.Message);
            return;
        }

        switch (reply.Outcome)
        {
            case HelloOutcome.OtherDefinition:
                throw new TableDefinitionMismatchException(
                    table.Name, table.Replica.Self.Value, table.Description, silo.Value, reply.Definition);
            case HelloOutcome.Welcome:
                Take(silo, reply);
                break;
            case HelloOutcome.NoSuchTable:
                Remember(silo, reply);
                break;
            case HelloOutcome.Refused:
                LogJoinRetried(_logger, table.Name, silo.Value, "it holds this silo for dead, or a later hello came before");
                break;
        }
    }

    private void Take(ReplicaId silo, WireHelloReply reply)
    {
        table.LockedAndComplete(replica =>
        {
            replica.OnHelloReply(silo, new HelloReply(
                reply.Sequence, reply.IsReady, [.. reply.Dead.Select(dead => new ReplicaId(dead))]));
            return true;
        });
        carrier.Connect(silo);
        Remember(silo, reply);
    }

    private void Remember(ReplicaId silo, WireHelloReply reply)
    {
        lock (_answers)
        {
            _answers[silo] = reply;
        }
    }

    private async Task<bool> TryDumpAsync(ReplicaId source, CancellationToken cancellationToken)
    {
        try
        {
            return await DumpAsync(source, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogJoinRetried(_logger, table.Name, source.Value, exception.Message);
            return false;
        }
    }

    private async Task<bool> DumpAsync(ReplicaId source, CancellationToken cancellationToken)
    {
        var service = services.Of(source);
        var required = table.Locked(replica => replica.RequestDump())
            .Where(need => need.Key != source)
            .ToDictionary(need => need.Key.Value, need => need.Value);
        var header = await service.BeginDump(new WireDumpRequest(table.Name, table.Replica.Self.Value, required));
        if (header is null)
        {
            return false;
        }

        table.OnDumpHeader(header.ToHeader());
        var merged = 0L;
        var sinceProgress = Stopwatch.GetTimestamp();
        var next = service.NextDumpChunk(header.DumpId);
        while (true)
        {
            if (await next.WaitAsync(cancellationToken) is not { } chunk)
            {
                return false;
            }

            if (!chunk.IsLast)
            {
                // The next one is made and sent while this one is merged; never more than one.
                next = service.NextDumpChunk(header.DumpId);
            }

            table.OnDumpChunk(chunk.ToChunk());
            merged += chunk.Count;
            if (chunk.IsLast)
            {
                return true;
            }

            if (Stopwatch.GetElapsedTime(sinceProgress) > ProgressPeriod)
            {
                sinceProgress = Stopwatch.GetTimestamp();
                LogDumpProgress(_logger, table.Name, merged, header.TotalCount, source.Value);
            }
        }
    }

    [LoggerMessage(CetsEventId.JoinBegun, LogLevel.Information, "Table {Table}: joining")]
    private static partial void LogJoinBegun(ILogger logger, string table);

    [LoggerMessage(CetsEventId.JoinWaits, LogLevel.Information,
        "Table {Table}: joining, waiting for an answer of [{Missing}]; answered: [{Answered}]")]
    private static partial void LogJoinWaits(ILogger logger, string table, string missing, string answered);

    [LoggerMessage(CetsEventId.JoinRetried, LogLevel.Warning, "Table {Table}: joining, will ask {Silo} again: {Reason}")]
    private static partial void LogJoinRetried(ILogger logger, string table, string silo, string reason);

    [LoggerMessage(CetsEventId.DumpProgress, LogLevel.Information,
        "Table {Table}: {Merged} of {Total} records merged from {Source}")]
    private static partial void LogDumpProgress(ILogger logger, string table, long merged, long total, string source);

    [LoggerMessage(CetsEventId.Joined, LogLevel.Information, "Table {Table}: ready with {Records} records after {ElapsedMs} ms")]
    private static partial void LogJoined(ILogger logger, string table, long records, long elapsedMs);
}
