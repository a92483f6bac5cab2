using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Simulation;

/// <summary>One leader operation: what was asked for when, and what was answered when.</summary>
internal sealed class LeaderCall(SimKey key, LeaderCondition condition, string? record, string? expected, long invokedAt)
{
    public OperationId Id { get; set; }

    /// <summary>Another id than <see cref="Id"/> only where a fault says so.</summary>
    public OperationId? AskedId { get; set; }

    public SimKey Key => key;

    public LeaderCondition Condition => condition;

    public string? Record => record;

    public string? Expected => expected;

    public Dot ExpectedWrite { get; init; }

    public long InvokedAt => invokedAt;

    /// <summary>When the caller had the answer; never if it is dead or gave up.</summary>
    public long AnsweredAt { get; private set; } = long.MaxValue;

    public bool? IsWon { get; private set; }

    /// <summary>What an operation lost to, if the leader told.</summary>
    public string? Found { get; private set; }

    public long Attempt { get; set; }

    public void Finish(bool isWon, string? found, long nowMicros)
    {
        IsWon = isWon;
        Found = found;
        AnsweredAt = nowMicros;
    }

    public LeaderOperation<SimKey, string> ToOperation(long number = 0) => new()
    {
        Id = number > 0 ? new OperationId(Id.Caller, number) : AskedId ?? Id,
        Condition = condition,
        Key = key,
        Record = record,
        Body = SimCodec.Bytes(key, record),
        Expected = expected,
        ExpectedWrite = ExpectedWrite,
        WantsFound = condition == LeaderCondition.Absent,
    };

    public override string ToString() =>
        $"{Id.Caller}#{Id.Number}: {key} = {record} if {condition} {expected} -> {(IsWon is null ? "?" : IsWon.Value ? "won" : "lost")} {Found}";
}
