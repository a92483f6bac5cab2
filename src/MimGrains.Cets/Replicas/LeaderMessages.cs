using MimGrains.Cets.Streams;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Cets.Replicas;

// What replicas say to each other about leading, on the wire. The meaning of each is that of the core's message of the same name.

[GenerateSerializer, Immutable, Alias("mimgrains.ballot")]
internal readonly record struct WireBallot([property: Id(0)] long Term, [property: Id(1)] string? Candidate)
{
    public static WireBallot From(LeaderBallot ballot) => new(ballot.Term, ballot.Candidate.Value);

    public LeaderBallot ToBallot() => Candidate is null ? default : new(Term, new ReplicaId(Candidate));
}

[GenerateSerializer, Immutable, Alias("mimgrains.claim")]
internal sealed record WireClaim(
    [property: Id(0)] string Table,
    [property: Id(1)] WireBallot Ballot,
    [property: Id(2)] string[] Dead);

[GenerateSerializer, Immutable, Alias("mimgrains.grant")]
internal sealed record WireGrant(
    [property: Id(0)] bool IsGranted,
    [property: Id(1)] WireBallot Ballot,
    [property: Id(2)] long LastSequence,
    [property: Id(3)] string[] Dead)
{
    public LeaderGrant ToGrant() => new(
        IsGranted, Ballot.ToBallot(), LastSequence, [.. Dead.Select(dead => new ReplicaId(dead))]);
}

[GenerateSerializer, Immutable, Alias("mimgrains.known-decision")]
internal readonly record struct WireDecision(
    [property: Id(0)] long Number,
    [property: Id(1)] bool IsWon,
    [property: Id(2)] string EntryOrigin,
    [property: Id(3)] long EntrySequence,
    [property: Id(4)] byte[] Found);

[GenerateSerializer, Immutable, Alias("mimgrains.caller-decisions")]
internal sealed record WireDecisions(
    [property: Id(0)] string Caller,
    [property: Id(1)] long FirstOpen,
    [property: Id(2)] WireDecision[] Decisions)
{
    public static WireDecisions From(CallerDecisions caller) => new(
        caller.Caller.Value,
        caller.FirstOpen,
        [.. caller.Decisions.Select(known => new WireDecision(
            known.Number, known.IsWon, known.Entry.Origin.Value, known.Entry.Sequence, known.Found.ToArray()))]);

    public CallerDecisions ToDecisions() => new(
        new ReplicaId(Caller),
        FirstOpen,
        [.. Decisions.Select(known => new KnownDecision(
            known.Number, known.IsWon, new Dot(new ReplicaId(known.EntryOrigin), known.EntrySequence), known.Found))]);
}

[GenerateSerializer, Immutable, Alias("mimgrains.leader-operation")]
internal readonly record struct WireLeaderOperation(
    [property: Id(0)] long Number,
    [property: Id(1)] LeaderCondition Condition,
    [property: Id(2)] bool IsDelete,
    [property: Id(3)] bool WantsFound,
    [property: Id(4)] byte[] Body,
    [property: Id(5)] byte[] Expected,
    [property: Id(6)] string? ExpectedOrigin,
    [property: Id(7)] long ExpectedSequence);

/// <summary>Operations that a caller asks a leader for.</summary>
/// <param name="Table">Which table.</param>
/// <param name="Caller">The asking silo.</param>
/// <param name="FirstOpen">The caller's first operation without an answer.</param>
/// <param name="Resigned">A ballot whose candidate has told the caller that it leads no more.</param>
/// <param name="Dead">The incarnations that the caller knows to be dead; only when it asks again.</param>
/// <param name="Operations">At least one.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.lead-request")]
internal sealed record WireLeadRequest(
    [property: Id(0)] string Table,
    [property: Id(1)] string Caller,
    [property: Id(2)] long FirstOpen,
    [property: Id(3)] WireBallot Resigned,
    [property: Id(4)] string[] Dead,
    [property: Id(5)] WireLeaderOperation[] Operations);

[GenerateSerializer, Immutable, Alias("mimgrains.leader-answer")]
internal readonly record struct WireLeaderAnswer(
    [property: Id(0)] DecisionVerdict Verdict,
    [property: Id(1)] byte[] Found);

/// <summary>Answers a <see cref="WireLeadRequest"/>.</summary>
/// <param name="Role">Only with <see cref="LeaderRole.Leading"/> there are answers.</param>
/// <param name="Ballot">The greatest ballot that the asked silo knows.</param>
/// <param name="Answers">One for each operation.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.lead-reply")]
internal sealed record WireLeadReply(
    [property: Id(0)] LeaderRole Role,
    [property: Id(1)] WireBallot Ballot,
    [property: Id(2)] WireLeaderAnswer[] Answers);
