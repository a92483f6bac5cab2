using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Sessions;

// A silo dies -> the least survivor moves its sessions here, by transactions -> runs the hooks, as SessionCleaner says -> deletes
// them here. It dies on the way: the next one is called for the same death, moves what is left, and goes on after the last step.

/// <summary>Sessions of dead silos that were kept in a persistent table, until their hooks have run.</summary>
internal sealed partial class EndedSessions(
    [FromKeyedServices(EndedSessions.Name)] IPersistentTable<SessionKey, SessionRecord> table,
    ITransactions transactions,
    SessionCleaner cleaner,
    ILogger<EndedSessions> logger)
{
    public const string Name = "session_ended";

    private const int SessionsPerTransaction = 1_000;

    private readonly ConcurrentDictionary<string, bool> _cleaning = new(StringComparer.Ordinal);
    private readonly ILogger _logger = logger;

    public static PersistentTableDefinition<SessionKey, SessionRecord> Definition { get; } =
        new(Name) { Type = PersistentTableType.OrderedSet, Storage = StorageType.Ram };

    /// <summary>Completes when the sessions of a dead silo are gone from their table; their hooks run then.</summary>
    public static async Task TakeAsync(
        PersistentNodeDownEvent<SessionKey, SessionRecord> down, CancellationToken cancellationToken)
    {
        var ended = down.Services.GetRequiredService<EndedSessions>();
        await ended.MoveAsync(down, cancellationToken);
        if (ended._cleaning.TryAdd(down.DeadSilo, true))
        {
            _ = Task.Run(() => ended.CleanUpAsync(down.DeadSilo), CancellationToken.None);
        }
    }

    private async Task MoveAsync(PersistentNodeDownEvent<SessionKey, SessionRecord> down, CancellationToken cancellationToken)
    {
        var isKept = cleaner.HasHooks;
        foreach (var sessions in down.Table.Range().Where(entry => entry.Key.Id.Silo == down.DeadSilo).Chunk(SessionsPerTransaction))
        {
            await transactions.SyncTransactionAsync(
                async transaction =>
                {
                    foreach (var (key, _) in sessions)
                    {
                        if (await transaction.ReadForWriteAsync(PersistentSessionTable.Definition, key) is { } record)
                        {
                            await transaction.DeleteAsync(PersistentSessionTable.Definition, key);
                            if (isKept)
                            {
                                await transaction.WriteAsync(Definition, key, record);
                            }
                        }
                    }
                },
                cancellationToken: cancellationToken);
        }
    }

    private async Task CleanUpAsync(string dead)
    {
        try
        {
            await table.WaitForLoadedAsync();
            var sessions = table.Range().Where(entry => entry.Key.Id.Silo == dead).ToList();
            if (sessions.Count > 0 && await cleaner.CleanUpAsync(dead, sessions))
            {
                await DeleteAsync(sessions);
            }
        }
        catch (Exception error)
        {
            LogNotCleaned(_logger, error, dead);
        }
        finally
        {
            _cleaning.TryRemove(dead, out _);
        }
    }

    private async Task DeleteAsync(List<TableEntry<SessionKey, SessionRecord>> sessions)
    {
        foreach (var step in sessions.Chunk(SessionsPerTransaction))
        {
            await transactions.TransactionAsync(async transaction =>
            {
                foreach (var (key, _) in step)
                {
                    await transaction.DeleteAsync(Definition, key);
                }
            });
        }
    }

    [LoggerMessage(SessionEventId.EndedNotCleaned, LogLevel.Warning,
        "Cleaning up after the sessions of the dead silo {Silo} did not come to an end; the table session_ended has them")]
    private static partial void LogNotCleaned(ILogger logger, Exception error, string silo);
}
