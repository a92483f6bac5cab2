using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Sessions;

// A silo dies -> the least survivor moves its sessions here, by transactions -> claims the dead silo, as SessionCleaner says -> in
// steps: runs the hooks, deletes the step here. Called again for the same death, for sessions that came late, it does the same: what
// is here is due, whatever the claim says of an earlier time. It dies on the way: the next one is called for the same death, moves
// what is left, takes the claim over, and goes on with what is here. Invariants: a session is deleted here after its hooks have run,
// never before; one silo runs them once for each, however often a session comes here.

/// <summary>Sessions of dead silos that were kept in a persistent table, until their hooks have run.</summary>
internal sealed partial class EndedSessions(
    [FromKeyedServices(EndedSessions.Name)] IPersistentTable<SessionKey, SessionRecord> table,
    ITransactions transactions,
    SessionCleaner cleaner,
    TimeProvider time,
    ILogger<EndedSessions> logger)
{
    public const string Name = "session_ended";

    private const int SessionsPerTransaction = 1_000;

    // Longer than a write of a dead silo may be on its way: it would bring back a session that is done.
    private static readonly TimeSpan RememberedFor = TimeSpan.FromMinutes(5);

    // By dead silo: sessions whose hooks have run here, deleted or not. A set is used by one clean-up at a time.
    private readonly ConcurrentDictionary<string, HashSet<SessionKey>> _ran = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    // The last clean-up. They run one after another: each finds what those before have left.
    private Task _last = Task.CompletedTask;
    private readonly ILogger _logger = logger;

    public static PersistentTableDefinition<SessionKey, SessionRecord> Definition { get; } =
        new(Name) { Type = PersistentTableType.OrderedSet, Storage = StorageType.Ram };

    /// <summary>Completes when the sessions of a dead silo are gone from their table; their hooks run then.</summary>
    public static async Task TakeAsync(
        PersistentNodeDownEvent<SessionKey, SessionRecord> down, CancellationToken cancellationToken)
    {
        var ended = down.Services.GetRequiredService<EndedSessions>();
        await ended.MoveAsync(down, cancellationToken);
        _ = ended.CleanUpAsync(down.DeadSilo);
    }

    /// <summary>Completes when the sessions of a dead silo are here and nowhere else.</summary>
    internal async Task MoveAsync(PersistentNodeDownEvent<SessionKey, SessionRecord> down, CancellationToken cancellationToken)
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

    /// <summary>Completes when nothing is due for a dead silo, or when this silo stops.</summary>
    internal Task CleanUpAsync(string dead)
    {
        lock (_lock)
        {
            return _last = CleanUpAfterAsync(_last, dead);
        }
    }

    private async Task CleanUpAfterAsync(Task before, string dead)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await table.WaitForLoadedAsync();
            await cleaner.UntilDoneAsync(dead, token => TryCleanUpAsync(dead, token));
        }
        catch (Exception error)
        {
            LogNotCleaned(_logger, error, dead);
        }
    }

    private async Task<bool> TryCleanUpAsync(string dead, CancellationToken cancellationToken)
    {
        if (Due(dead).Count == 0)
        {
            return true;
        }

        if (await cleaner.ClaimAsync(dead, cancellationToken) is not { } claim)
        {
            return false;
        }

        // What is left now that no other silo cleans up.
        var due = Due(dead);
        SessionCleaner.LogClaimed(_logger, dead, due.Count);
        var ran = RanOf(dead);
        foreach (var step in due.Chunk(cleaner.Step))
        {
            await cleaner.RunHooksAsync(step.Where(session => !ran.Contains(session.Key)), cancellationToken);
            ran.UnionWith(step.Select(session => session.Key));
            await DeleteAsync(step, cancellationToken);
            await cleaner.WriteDownAsync(dead, claim, claim, cancellationToken); // It is this silo's still.
        }

        await cleaner.WriteDownAsync(dead, claim, claim with { IsDone = true }, cancellationToken);
        SessionCleaner.LogDone(_logger, dead, due.Count);
        return true;
    }

    private List<TableEntry<SessionKey, SessionRecord>> Due(string dead) =>
        [.. table.Range().Where(entry => entry.Key.Id.Silo == dead)];

    private HashSet<SessionKey> RanOf(string dead)
    {
        if (!_ran.TryGetValue(dead, out var ran))
        {
            _ran[dead] = ran = [];
            _ = ForgetAsync(dead);
        }

        return ran;
    }

    private async Task ForgetAsync(string dead)
    {
        await Task.Delay(RememberedFor, time, cleaner.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ran.TryRemove(dead, out _);
    }

    // Gone on every live silo when it returns: who goes on after this one does not find them.
    private async Task DeleteAsync(IEnumerable<TableEntry<SessionKey, SessionRecord>> sessions, CancellationToken cancellationToken)
    {
        foreach (var some in sessions.Chunk(SessionsPerTransaction))
        {
            await transactions.SyncTransactionAsync(
                async transaction =>
                {
                    foreach (var (key, _) in some)
                    {
                        await transaction.DeleteAsync(Definition, key);
                    }
                },
                cancellationToken: cancellationToken);
        }
    }

    [LoggerMessage(SessionEventId.EndedNotCleaned, LogLevel.Warning,
        "Cleaning up after the sessions of the dead silo {Silo} did not come to an end; the table session_ended has them")]
    private static partial void LogNotCleaned(ILogger logger, Exception error, string silo);
}
