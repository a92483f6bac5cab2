using MimGrains.Cets.Replicas;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Cets.Tables;

/// <summary>What became of a request to lead: how this silo stands to it, and what it has decided.</summary>
/// <param name="Role">Only with <see cref="LeaderRole.Leading"/> there are decisions.</param>
/// <param name="Ballot">The greatest ballot known.</param>
/// <param name="Decisions">One for each operation.</param>
/// <param name="Written">Completes when every live replica has what was decided now; null when there is nothing to wait for.</param>
internal readonly record struct LeaderTurn(LeaderRole Role, LeaderBallot Ballot, LeaderDecision[] Decisions, Task? Written);

internal abstract partial class TableHost
{
    private TaskCompletionSource? _changed;
    private TaskCompletionSource? _death;
    private int _knownDeaths;
    private int _isClaiming;

    /// <summary>Decides operations, if this silo leads.</summary>
    public abstract LeaderTurn TakeTurn(WireLeadRequest request);

    /// <summary>Completes at the next change of the replica that could make this silo the leader, or a decision known everywhere.</summary>
    public Task Changed()
    {
        lock (Gate)
        {
            return (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Completes when this replica knows of more deaths than so many.</summary>
    public Task DeathAfter(int known)
    {
        lock (Gate)
        {
            return replica.DeadReplicas.Count > known
                ? Task.CompletedTask
                : (_death ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Whether the caller is to run the claim: nobody does.</summary>
    public bool TryBeginClaim() => Interlocked.CompareExchange(ref _isClaiming, 1, 0) == 0;

    /// <summary>The claim that the caller ran is over.</summary>
    public void EndClaim()
    {
        Volatile.Write(ref _isClaiming, 0);
        NoteChanged();
    }

    private void NoteChanged()
    {
        if (Volatile.Read(ref _changed) is not null)
        {
            Interlocked.Exchange(ref _changed, null)?.TrySetResult();
        }

        if (Volatile.Read(ref _knownDeaths) != replica.DeadReplicas.Count)
        {
            Volatile.Write(ref _knownDeaths, replica.DeadReplicas.Count);
            Interlocked.Exchange(ref _death, null)?.TrySetResult();
        }
    }
}
