using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Tables;

namespace MimGrains.Sessions;

// A silo dies -> every survivor keeps the list of its sessions -> one claims the dead silo through the leader -> it runs the hooks
// in steps, and writes down each -> done: the others drop their lists. The claimer dies: another one takes the claim over, by
// compare and set, and goes on after the last step. Invariant: hooks of a dead silo run only at whoever's claim is in the table.
// Sessions of a persistent table: the list is a table of its own, and whoever is the least survivor has it (EndedSessions).

/// <summary>Runs the hooks for the sessions of dead silos: each of them on one survivor.</summary>
internal sealed partial class SessionCleaner(
    [FromKeyedServices(CleanupTable.Name)] IReplicatedTable<string, CleanupClaim> claims,
    ILocalSiloDetails self,
    SessionHooks hooks,
    SiloDeaths deaths,
    IOptions<SessionOptions> options,
    TimeProvider time,
    ILogger<SessionCleaner> logger) : IDisposable
{
    // A claim is looked at again when a silo dies, and after this time in any case.
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger = logger;
    private TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private string Self { get; } = self.SiloAddress.ToParsableString();

    public bool HasHooks => hooks.AreAny;

    /// <summary>Takes note of a death: a claim of the dead silo may be taken over, and no message waits for it.</summary>
    public void OnDeath(string silo)
    {
        deaths.Note(silo);
        Interlocked.Exchange(ref _died, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    /// <summary>Takes note of a death, and cleans up after it if this silo is the one to do so. Does not wait.</summary>
    public void OnNodeDown(NodeDownEvent<SessionKey, SessionRecord> down)
    {
        OnDeath(down.DeadSilo);
        if (hooks.AreAny && down.DeadSilo != Self && down.Records is { Count: > 0 } sessions)
        {
            _ = Task.Run(() => CleanUpAsync(down.DeadSilo, sessions));
        }
    }

    public void Stop() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();

    /// <summary>Completes when this silo, or another one, has cleaned up after a dead one; with false if this silo stops.</summary>
    /// <param name="dead">The dead silo.</param>
    /// <param name="sessions">Its sessions, ascending.</param>
    internal async Task<bool> CleanUpAsync(string dead, IReadOnlyList<TableEntry<SessionKey, SessionRecord>> sessions)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (await TryCleanUpAsync(dead, sessions, _stopping.Token).ConfigureAwait(false))
                {
                    return true;
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return false; // Another silo takes over.
            }
            catch (Exception error)
            {
                LogRetried(_logger, error, dead);
                await WaitAsync().ConfigureAwait(false);
            }
        }

        return false;
    }

    private async Task<bool> TryCleanUpAsync(
        string dead, IReadOnlyList<TableEntry<SessionKey, SessionRecord>> sessions, CancellationToken cancellationToken)
    {
        var (_, claim) = await claims.InsertNewOrLookupAsync(dead, new CleanupClaim(Self, null, IsDone: false), cancellationToken)
            .ConfigureAwait(false);
        if (claim.IsDone)
        {
            return true;
        }

        if (claim.Silo != Self)
        {
            var mine = claim with { Silo = Self };
            if (!deaths.IsDead(claim.Silo)
                || !await claims.CompareAndSetAsync(dead, claim, mine, cancellationToken).ConfigureAwait(false))
            {
                await WaitAsync().ConfigureAwait(false);
                return false;
            }

            claim = mine;
        }

        await RunAsync(dead, sessions, claim, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task RunAsync(
        string dead,
        IReadOnlyList<TableEntry<SessionKey, SessionRecord>> sessions,
        CleanupClaim claim,
        CancellationToken cancellationToken)
    {
        LogClaimed(_logger, dead, sessions.Count);
        var end = new SessionEnd(SessionEndReason.SiloDied);
        var rest = claim.Last is { } last ? sessions.Where(session => session.Key.CompareTo(last) > 0) : sessions;
        foreach (var step in rest.Chunk(options.Value.CleanupStep))
        {
            await Parallel.ForEachAsync(step, cancellationToken, async (session, token) =>
                await hooks.RunAsync(new Session(session.Key, session.Record), end, token).ConfigureAwait(false))
                .ConfigureAwait(false);
            claim = await WriteDownAsync(dead, claim, claim with { Last = step[^1].Key }, cancellationToken).ConfigureAwait(false);
        }

        await WriteDownAsync(dead, claim, claim with { IsDone = true }, cancellationToken).ConfigureAwait(false);
        LogDone(_logger, dead, sessions.Count);
    }

    private async Task<CleanupClaim> WriteDownAsync(
        string dead, CleanupClaim before, CleanupClaim after, CancellationToken cancellationToken) =>
        await claims.CompareAndSetAsync(dead, before, after, cancellationToken).ConfigureAwait(false)
            ? after
            : throw new InvalidOperationException(
                $"The claim of {Self} to clean up after {dead} was taken by another silo, which took this one for dead.");

    private async Task WaitAsync()
    {
        var died = Volatile.Read(ref _died).Task;
        try
        {
            await died.WaitAsync(LookAgainAfter, time, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            // Time to look again, or to stop.
        }
    }

    [LoggerMessage(SessionEventId.CleanupClaimed, LogLevel.Information, "Cleaning up after {Count} sessions of the dead silo {Silo}")]
    private static partial void LogClaimed(ILogger logger, string silo, int count);

    [LoggerMessage(SessionEventId.CleanupDone, LogLevel.Information, "Cleaned up after {Count} sessions of the dead silo {Silo}")]
    private static partial void LogDone(ILogger logger, string silo, int count);

    [LoggerMessage(SessionEventId.CleanupRetried, LogLevel.Warning,
        "Cleaning up after the dead silo {Silo} did not come to an end; it is tried again")]
    private static partial void LogRetried(ILogger logger, Exception error, string silo);
}
