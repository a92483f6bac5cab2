using MimGrains.Cets.Replicas;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Cets.Leading;

/// <summary>A leader operation of this silo that waits for its answer.</summary>
internal sealed class LeaderCall
{
    private readonly TaskCompletionSource<LeaderCall> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OperationId Id { get; set; }

    public required LeaderCondition Condition { get; init; }

    public bool IsDelete { get; init; }

    public bool WantsFound { get; init; }

    public required byte[] Body { get; init; }

    public byte[] Expected { get; init; } = [];

    public Dot? ExpectedWrite { get; init; }

    /// <summary>When the caller is told that there is no answer, in milliseconds of the table's clock.</summary>
    public long DeadlineMs { get; set; }

    /// <summary>Set when <see cref="Task"/> is completed.</summary>
    public bool IsWon { get; private set; }

    /// <summary>As in <see cref="LeaderDecision"/>.</summary>
    public byte[] Found { get; private set; } = [];

    public Task<LeaderCall> Task => _done.Task;

    public void Answer(WireLeaderAnswer answer)
    {
        IsWon = answer.Verdict == DecisionVerdict.Won;
        Found = answer.Found;
        _done.TrySetResult(this);
    }

    public void Fail(Exception exception) => _done.TrySetException(exception);

    public WireLeaderOperation ToWire() => new(
        Id.Number, Condition, IsDelete, WantsFound, Body, Expected, ExpectedWrite?.Origin.Value, ExpectedWrite?.Sequence ?? 0);
}
