using MimGrains.Core.Identity;

namespace MimGrains.Core.Consensus;

/// <summary>What a node is asked.</summary>
public enum RequestKind
{
    /// <summary>Say what you have accepted. Changes nothing.</summary>
    Read = 1,

    /// <summary>Promise to accept nothing below a ballot, and say what you have accepted.</summary>
    Prepare = 2,

    /// <summary>Accept a value, and promise the ballot after it.</summary>
    Accept = 3,

    /// <summary>Take note of when silos were last alive. Changes nothing in the register.</summary>
    Alive = 4,
}

/// <summary>When a silo last said that it is alive.</summary>
/// <param name="Silo">The silo, as in the membership table.</param>
/// <param name="Ticks">UTC, in ticks of <see cref="DateTime"/>.</param>
public readonly record struct Heartbeat(string Silo, long Ticks);

/// <summary>A request of one node to another.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Ballot">Of a prepare or an accept.</param>
/// <param name="Next">Of an accept: the proposer's next ballot. It may use that without a prepare of its own.</param>
/// <param name="Value">Of an accept.</param>
/// <param name="Heartbeats">Of an alive.</param>
public sealed record RegisterRequest(
    RequestKind Kind, Ballot Ballot, Ballot Next, RegisterValue? Value, IReadOnlyList<Heartbeat> Heartbeats)
{
    /// <summary>Asks for what was accepted.</summary>
    public static readonly RegisterRequest Read = new(RequestKind.Read, Ballot.None, Ballot.None, null, []);

    /// <summary>Asks for a promise.</summary>
    public static RegisterRequest Prepare(Ballot ballot) => new(RequestKind.Prepare, ballot, Ballot.None, null, []);

    /// <summary>Asks to accept.</summary>
    public static RegisterRequest Accept(Ballot ballot, Ballot next, RegisterValue value) =>
        new(RequestKind.Accept, ballot, next, value, []);

    /// <summary>Tells when silos were last alive.</summary>
    public static RegisterRequest Alive(IReadOnlyList<Heartbeat> heartbeats) =>
        new(RequestKind.Alive, Ballot.None, Ballot.None, null, heartbeats);
}

/// <summary>What became of a request.</summary>
public enum RequestOutcome
{
    /// <summary>It was done.</summary>
    Done = 0,

    /// <summary>A higher ballot was promised.</summary>
    Outbid = 1,

    /// <summary>The node holds the register of another cluster.</summary>
    Foreign = 2,
}

/// <summary>An answer.</summary>
/// <param name="Kind">What was asked.</param>
/// <param name="Ballot">The ballot that was asked for.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Store">The store that answers; only as the acceptor with that store does the node count.</param>
/// <param name="IsLost">Whether the node knows that it had a store before: it must not help to found a cluster.</param>
/// <param name="Promised">What was promised, after the request.</param>
/// <param name="Accepted">The ballot of <paramref name="Value"/>, after the request.</param>
/// <param name="Value">What was accepted; left out in the answer to an accept. Null if nothing was.</param>
/// <param name="Listed">The node list as the node sees it.</param>
/// <param name="Heartbeats">When silos were last alive, as far as the node knows; for a read.</param>
public sealed record RegisterReply(
    RequestKind Kind,
    Ballot Ballot,
    RequestOutcome Outcome,
    ulong Store,
    bool IsLost,
    Ballot Promised,
    Ballot Accepted,
    RegisterValue? Value,
    IReadOnlyList<NodeName> Listed,
    IReadOnlyList<Heartbeat> Heartbeats);

/// <summary>A request and for whom it is.</summary>
public readonly record struct AddressedRequest(NodeName To, RegisterRequest Request);
