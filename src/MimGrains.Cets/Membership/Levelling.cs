using Microsoft.Extensions.Logging;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;

namespace MimGrains.Cets.Membership;

/// <summary>Asks the survivors for what a dead silo had sent to only some of them. What fails is asked again at the next heartbeat.</summary>
internal sealed partial class Levelling(TableCatalog catalog, ReplicaServiceClient services, ILogger<Levelling> logger)
{
    // One that died as well must not hold up what is done after a round; it is asked again, or is dead by then.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = logger;

    public Task RunOnceAsync(CancellationToken cancellationToken) => Task.WhenAll(
        from table in catalog.Hosts
        let asked = table.Locked(replica => (Requests: replica.LevelRequests(), Dead: replica.DeadReplicas))
        from request in asked.Requests
        select AskAsync(table, request.Survivor, request.Dead, request.After, asked.Dead, cancellationToken));

    private async Task AskAsync(
        TableHost table,
        ReplicaId survivor,
        ReplicaId dead,
        long after,
        IReadOnlyList<ReplicaId> allDead,
        CancellationToken cancellationToken)
    {
        try
        {
            var reply = await services.Of(survivor).Level(table.Name, dead.Value, after, [.. allDead.Select(id => id.Value)])
                .WaitAsync(AnswerTimeout, cancellationToken);
            table.LockedAndComplete(replica =>
            {
                replica.OnLevelReply(survivor, dead, reply.ToReply());
                return true;
            });
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogFailed(_logger, table.Name, survivor.Value, dead.Value, exception.Message);
        }
    }

    [LoggerMessage(CetsEventId.LevelFailed, LogLevel.Warning,
        "Table {Table}: {Survivor} did not tell what it has of the dead {Dead}, will ask again: {Reason}")]
    private static partial void LogFailed(ILogger logger, string table, string survivor, string dead, string reason);
}
