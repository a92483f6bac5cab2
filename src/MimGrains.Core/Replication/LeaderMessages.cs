using MimGrains.Core.Identity;

namespace MimGrains.Core.Replication;

/// <summary>How a replica stands to leading its table.</summary>
public enum LeaderRole
{
    /// <summary>It decides the leader operations.</summary>
    Leading = 0,

    /// <summary>It is on its way to lead: <see cref="TableReplica.ClaimRequests"/>, and then whatever it must have applied.</summary>
    Claiming = 1,

    /// <summary>Another live replica leads, or is on its way: <see cref="TableReplica.Ballot"/>.</summary>
    Follower = 2,

    /// <summary>It has not joined yet.</summary>
    NotReady = 3,

    /// <summary>It leads no more, and lets another one lead: <see cref="TableReplica.Resign"/>.</summary>
    Resigned = 4,

    /// <summary>It knows that it is declared dead itself.</summary>
    Deposed = 5,
}

/// <summary>A replica asks to lead.</summary>
/// <param name="Ballot">Its try.</param>
/// <param name="Dead">All incarnations that it knows to be dead.</param>
public sealed record LeaderClaim(LeaderBallot Ballot, IReadOnlyList<ReplicaId> Dead);

/// <summary>Answers a <see cref="LeaderClaim"/>.</summary>
/// <param name="IsGranted">Whether the answering replica leads no more itself, and takes no lesser claim from now on.</param>
/// <param name="Ballot">The greatest ballot that the answering replica knows; that of the claim if it is granted.</param>
/// <param name="LastSequence">The last write of the answering replica: the new leader must have applied it.</param>
/// <param name="Dead">All incarnations that the answering replica knows to be dead.</param>
public sealed record LeaderGrant(bool IsGranted, LeaderBallot Ballot, long LastSequence, IReadOnlyList<ReplicaId> Dead);

/// <summary>When a leader operation takes effect.</summary>
public enum LeaderCondition
{
    /// <summary>Always.</summary>
    None = 0,

    /// <summary>The key has no record.</summary>
    Absent = 1,

    /// <summary>The key has a record that equals <c>Expected</c>.</summary>
    Equal = 2,

    /// <summary>The key's record is the one that the write <c>ExpectedWrite</c> wrote.</summary>
    Version = 3,
}

/// <summary>What became of a leader operation that was given to a leader.</summary>
public enum DecisionVerdict
{
    /// <summary>Its condition held, and it was written.</summary>
    Won = 0,

    /// <summary>Its condition did not hold, and nothing was written.</summary>
    Lost = 1,

    /// <summary>Nothing was done: the caller has given it up already, or is declared dead.</summary>
    Refused = 2,
}

/// <summary>A leader's decision.</summary>
/// <param name="Verdict">What was decided; now, or when the operation came before.</param>
/// <param name="Entry">
/// The write that brings the decision to every replica. The caller may be told when
/// <see cref="TableReplica.IsEverywhere"/> says so.
/// </param>
/// <param name="Found">Key and record that an <see cref="LeaderCondition.Absent"/> operation lost to, encoded, if it was asked for.</param>
public readonly record struct LeaderDecision(DecisionVerdict Verdict, Dot Entry, ReadOnlyMemory<byte> Found);

/// <summary>A decision that a replica remembers, until the caller of the operation has the answer or is dead.</summary>
/// <param name="Number">Which operation of the caller.</param>
/// <param name="IsWon">Whether it was written.</param>
/// <param name="Entry">The write that brought the decision.</param>
/// <param name="Found">As in <see cref="LeaderDecision"/>.</param>
public sealed record KnownDecision(long Number, bool IsWon, Dot Entry, ReadOnlyMemory<byte> Found);

/// <summary>What a replica remembers of one caller's leader operations.</summary>
/// <param name="Caller">The caller.</param>
/// <param name="FirstOpen">The caller has the answers of all its operations before this number, or has given them up.</param>
/// <param name="Decisions">Decisions from that number on, ascending.</param>
public sealed record CallerDecisions(ReplicaId Caller, long FirstOpen, IReadOnlyList<KnownDecision> Decisions);
