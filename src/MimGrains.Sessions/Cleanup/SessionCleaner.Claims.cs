using MimGrains.Tables;

namespace MimGrains.Sessions;

// The claim of a dead silo: whose it is, is decided by the leader of its table, by compare and set.
internal sealed partial class SessionCleaner
{
    /// <summary>Tries until it is done, or until this silo stops; then returns false.</summary>
    /// <param name="dead">The dead silo.</param>
    /// <param name="attempt">Returns whether it is done. Waits itself, if there is something to wait for.</param>
    internal async Task<bool> UntilDoneAsync(string dead, Func<CancellationToken, Task<bool>> attempt)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (await attempt(_stopping.Token).ConfigureAwait(false))
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

    /// <summary>Returns the claim, which this silo has from then on; after a wait null, if a live one has it and is not done.</summary>
    internal async Task<CleanupClaim?> ClaimAsync(string dead, CancellationToken cancellationToken)
    {
        var claim = await LookUpAsync(dead, cancellationToken).ConfigureAwait(false);
        return await TakeAsync(dead, claim, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes down how far this silo has come.</summary>
    /// <exception cref="InvalidOperationException">Another silo has the claim.</exception>
    internal async Task<CleanupClaim> WriteDownAsync(
        string dead, CleanupClaim before, CleanupClaim after, CancellationToken cancellationToken) =>
        await claims.CompareAndSetAsync(dead, before, after, cancellationToken).ConfigureAwait(false)
            ? after
            : throw new InvalidOperationException(
                $"The claim of {Self} to clean up after {dead} was taken by another silo, which took this one for dead.");

    private async Task<CleanupClaim> LookUpAsync(string dead, CancellationToken cancellationToken)
    {
        var mine = new CleanupClaim(Self, null, IsDone: false);
        return (await claims.InsertNewOrLookupAsync(dead, mine, cancellationToken).ConfigureAwait(false)).Record;
    }

    private async Task<CleanupClaim?> TakeAsync(string dead, CleanupClaim claim, CancellationToken cancellationToken)
    {
        var mine = claim with { Silo = Self, IsDone = false };
        if (claim == mine)
        {
            return claim;
        }

        var isFree = claim.IsDone || deaths.IsDead(claim.Silo);
        if (isFree && await claims.CompareAndSetAsync(dead, claim, mine, cancellationToken).ConfigureAwait(false))
        {
            return mine;
        }

        await WaitAsync().ConfigureAwait(false);
        return null;
    }

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
}
