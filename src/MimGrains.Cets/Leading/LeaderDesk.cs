using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Cets.Leading;

// asked -> leading? decide, write -> every live replica has it -> answer. Nobody leads? claim first.
/// <summary>Answers those who ask this silo to lead. Thread-safe.</summary>
internal sealed partial class LeaderDesk(
    ReplicaServiceClient services,
    DeathNotices deaths,
    IOptions<ReplicationOptions> options,
    TimeProvider time,
    ILogger<LeaderDesk> logger)
{
    private static readonly TimeSpan GrantTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ClaimAgainPeriod = TimeSpan.FromMilliseconds(20);

    private readonly ILogger _logger = logger;

    /// <exception cref="MimGrains.Tables.WriteNotAcknowledgedException">A live silo did not take the decision in time.</exception>
    /// <exception cref="TimeoutException">This silo could not become leader in time.</exception>
    public async Task<WireLeadReply> TakeAsync(TableHost table, WireLeadRequest request)
    {
        NoteDeaths(table, request.Dead);
        var turn = table.TakeTurn(request);
        if (turn.Role == LeaderRole.Claiming)
        {
            Claim(table);
            turn = await WhenAsync(table, () => table.TakeTurn(request), seen => seen.Role != LeaderRole.Claiming, "lead");
        }

        if (turn.Written is { } written)
        {
            await written;
        }

        if (!IsEverywhere(table, turn.Decisions))
        {
            // Decided by a leader that is dead now, or has handed over: others may still be taking it.
            await WhenAsync(table, () => IsEverywhere(table, turn.Decisions), isEverywhere => isEverywhere,
                "learn that every silo has the decision of an earlier leader");
        }

        return new WireLeadReply(
            turn.Role,
            WireBallot.From(turn.Ballot),
            [.. turn.Decisions.Select(decision => new WireLeaderAnswer(decision.Verdict, decision.Found.ToArray()))]);
    }

    public WireGrant TakeClaim(TableHost table, WireClaim claim)
    {
        NoteDeaths(table, claim.Dead);
        var grant = table.LockedAndComplete(replica => replica.OnClaim(
            new LeaderClaim(claim.Ballot.ToBallot(), [.. claim.Dead.Select(dead => new ReplicaId(dead))])));
        return new WireGrant(
            grant.IsGranted, WireBallot.From(grant.Ballot), grant.LastSequence, [.. grant.Dead.Select(dead => dead.Value)]);
    }

    private static bool IsEverywhere(TableHost table, LeaderDecision[] decisions) => table.Locked(replica => Array.TrueForAll(
        decisions, decision => decision.Verdict == DecisionVerdict.Refused || replica.IsEverywhere(decision.Entry)));

    private async Task<T> WhenAsync<T>(TableHost table, Func<T> look, Func<T, bool> isEnough, string what)
    {
        using var expiry = new CancellationTokenSource(options.Value.WriteTimeout, time);
        while (true)
        {
            // Asked for before the look: what changes after it is not missed.
            var changed = table.Changed();
            var seen = look();
            if (isEnough(seen))
            {
                return seen;
            }

            try
            {
                await changed.WaitAsync(expiry.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException(
                    $"Table {table.Name}: {table.Replica.Self} could not {what} within {options.Value.WriteTimeout.TotalMilliseconds:0} ms.");
            }
        }
    }

    private void Claim(TableHost table)
    {
        if (table.TryBeginClaim())
        {
            _ = Task.Run(() => ClaimAsync(table));
        }
    }

    private async Task ClaimAsync(TableHost table)
    {
        LogClaims(_logger, table.Name, table.Replica.Self.Value);
        try
        {
            var role = LeaderRole.Claiming;
            while (role == LeaderRole.Claiming && table.ClosedReason is null)
            {
                var changed = table.Changed();
                await Task.WhenAll(table.Locked(replica => replica.ClaimRequests())
                    .Select(request => AskAsync(table, request.Peer, request.Claim)));
                role = table.Locked(replica => replica.Lead(default));
                if (role == LeaderRole.Claiming)
                {
                    await Task.WhenAny(changed, Task.Delay(ClaimAgainPeriod, time));
                }
            }

            LogClaimEnded(_logger, table.Name, table.Replica.Self.Value, role);
        }
        finally
        {
            table.EndClaim();
        }
    }

    private async Task AskAsync(TableHost table, ReplicaId peer, LeaderClaim claim)
    {
        try
        {
            var wire = new WireClaim(table.Name, WireBallot.From(claim.Ballot), [.. claim.Dead.Select(dead => dead.Value)]);
            var reply = await services.Of(peer).Claim(wire).WaitAsync(GrantTimeout, time);
            NoteDeaths(table, reply.Dead);
            table.LockedAndComplete(replica =>
            {
                replica.OnGrant(peer, reply.ToGrant());
                return true;
            });
        }
        catch (Exception exception)
        {
            LogNotGranted(_logger, table.Name, peer.Value, exception.Message);
        }
    }

    // Whoever tells has seen the death: this silo acts on it now, not when its own view catches up.
    private void NoteDeaths(TableHost table, string[] dead)
    {
        if (dead.Length == 0)
        {
            return;
        }

        ReplicaId[] ids = [.. dead.Select(id => new ReplicaId(id))];
        var isNews = table.LockedAndComplete(replica =>
        {
            var hasNews = !Array.TrueForAll(ids, replica.IsDead);
            replica.NoteDeaths(ids);
            return hasNews;
        });
        if (isNews)
        {
            deaths.Announce(ids);
        }
    }

    [LoggerMessage(CetsEventId.LeaderClaims, LogLevel.Information, "Table {Table}: {Silo} claims to lead")]
    private static partial void LogClaims(ILogger logger, string table, string silo);

    [LoggerMessage(CetsEventId.LeaderClaimEnded, LogLevel.Information, "Table {Table}: the claim of {Silo} ended: {Role}")]
    private static partial void LogClaimEnded(ILogger logger, string table, string silo, LeaderRole role);

    [LoggerMessage(CetsEventId.LeaderNotGranted, LogLevel.Warning,
        "Table {Table}: {Peer} did not answer a claim to lead, will ask again: {Reason}")]
    private static partial void LogNotGranted(ILogger logger, string table, string peer, string reason);
}
