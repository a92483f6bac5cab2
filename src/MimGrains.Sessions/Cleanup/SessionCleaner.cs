using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Tables;

namespace MimGrains.Sessions;

// A silo dies -> every survivor keeps the list of its sessions -> one claims the dead silo through the leader -> it runs the hooks
// in steps, and writes down each -> done: the others drop their lists. The claimer dies: another one takes the claim over, by
// compare and set, and goes on after the last step. Invariant: hooks of a dead silo run only at whoever's claim is in the table.
// Sessions of a persistent table: the list is a table of its own, which says itself what is left to do (EndedSessions).

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

    private static readonly SessionEnd s_siloDied = new(SessionEndReason.SiloDied);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger = logger;
    private TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private string Self { get; } = self.SiloAddress.ToParsableString();

    public bool HasHooks => hooks.AreAny;

    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Returns for how many sessions hooks run between two notes of it.</summary>
    public int Step => options.Value.CleanupStep;

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
    /// <param name="sessions">All its sessions, ascending: the claim says up to which the hooks have run.</param>
    internal Task<bool> CleanUpAsync(string dead, IReadOnlyList<TableEntry<SessionKey, SessionRecord>> sessions) =>
        UntilDoneAsync(dead, token => TryCleanUpAsync(dead, sessions, token));

    /// <summary>Runs the hooks for some sessions of a dead silo, side by side.</summary>
    internal Task RunHooksAsync(IEnumerable<TableEntry<SessionKey, SessionRecord>> sessions, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(sessions, cancellationToken, async (session, token) =>
            await hooks.RunAsync(new Session(session.Key, session.Record), s_siloDied, token).ConfigureAwait(false));

    private async Task<bool> TryCleanUpAsync(
        string dead, IReadOnlyList<TableEntry<SessionKey, SessionRecord>> sessions, CancellationToken cancellationToken)
    {
        var found = await LookUpAsync(dead, cancellationToken).ConfigureAwait(false);
        if (found.IsDone)
        {
            return true;
        }

        if (await TakeAsync(dead, found, cancellationToken).ConfigureAwait(false) is not { } claim)
        {
            return false;
        }

        LogClaimed(_logger, dead, sessions.Count);
        var rest = claim.Last is { } last ? sessions.Where(session => session.Key.CompareTo(last) > 0) : sessions;
        foreach (var step in rest.Chunk(Step))
        {
            await RunHooksAsync(step, cancellationToken).ConfigureAwait(false);
            claim = await WriteDownAsync(dead, claim, claim with { Last = step[^1].Key }, cancellationToken).ConfigureAwait(false);
        }

        await WriteDownAsync(dead, claim, claim with { IsDone = true }, cancellationToken).ConfigureAwait(false);
        LogDone(_logger, dead, sessions.Count);
        return true;
    }

    [LoggerMessage(SessionEventId.CleanupClaimed, LogLevel.Information, "Cleaning up after {Count} sessions of the dead silo {Silo}")]
    internal static partial void LogClaimed(ILogger logger, string silo, int count);

    [LoggerMessage(SessionEventId.CleanupDone, LogLevel.Information, "Cleaned up after {Count} sessions of the dead silo {Silo}")]
    internal static partial void LogDone(ILogger logger, string silo, int count);

    [LoggerMessage(SessionEventId.CleanupRetried, LogLevel.Warning,
        "Cleaning up after the dead silo {Silo} did not come to an end; it is tried again")]
    private static partial void LogRetried(ILogger logger, Exception error, string silo);
}
