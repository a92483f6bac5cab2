using MimGrains.Core.Identity;

namespace MimGrains.Core.Consensus;

// request -> next state -> saved -> answer. A state that is not saved must not be answered from, and is forgotten.
/// <summary>What one node has promised and accepted. Immutable: a request gives the next state and the
/// answer.</summary>
/// <param name="Store">See <see cref="Member"/>; never 0.</param>
/// <param name="IsLost">Whether the node knew, when the store was made, that it had another one before.</param>
/// <param name="Promised">Nothing below it is accepted.</param>
/// <param name="Accepted">Ballot of <paramref name="Value"/>; <see cref="Ballot.None"/> without one.</param>
/// <param name="Value">The last accepted value.</param>
/// <remarks>
/// The acceptor of CASPaxos (Rystsov, "CASPaxos: Replicated State Machines without logs", 2018). It does not know who
/// may
/// decide: proposers count its answers by its store.
/// </remarks>
public sealed record Acceptor(ulong Store, bool IsLost, Ballot Promised, Ballot Accepted, RegisterValue? Value)
{
    /// <summary>Returns the state of a new store.</summary>
    /// <param name="store">A random number, not 0.</param>
    /// <param name="isLost">Whether the node had another store before.</param>
    public static Acceptor New(ulong store, bool isLost) => new(store, isLost, Ballot.None, Ballot.None, null);

    /// <summary>Answers a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="listed">The node list as this node sees it now.</param>
    /// <param name="heartbeats">Told to those who read.</param>
    /// <returns>The state to save before the answer leaves; this very object if nothing changes.</returns>
    public (Acceptor Next, RegisterReply Reply) On(
        RegisterRequest request, IReadOnlyList<NodeName> listed, IReadOnlyList<Heartbeat> heartbeats)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Kind switch
        {
            RequestKind.Prepare => OnPrepare(request, listed),
            RequestKind.Accept => OnAccept(request, listed),
            _ => (this, Answer(request, RequestOutcome.Done, listed) with { Heartbeats = heartbeats }),
        };
    }

    // A promise is given again to whom it was given: the first answer may have been lost.
    private (Acceptor, RegisterReply) OnPrepare(RegisterRequest request, IReadOnlyList<NodeName> listed)
    {
        var order = request.Ballot.CompareTo(Promised);
        var next = order > 0 ? this with { Promised = request.Ballot } : this;
        return (next, next.Answer(request, order >= 0 ? RequestOutcome.Done : RequestOutcome.Outbid, listed));
    }

    private (Acceptor, RegisterReply) OnAccept(RegisterRequest request, IReadOnlyList<NodeName> listed)
    {
        var value = request.Value ?? throw new InvalidDataException($"Accept {request.Ballot} has no value.");
        var outcome = this switch
        {
            _ when request.Ballot == Accepted => RequestOutcome.Done,
            _ when request.Ballot.CompareTo(Promised) < 0 => RequestOutcome.Outbid,

            // Of two values that both want to be the first one may win; later ones have grown on a first one that was
            // chosen.
            { Value: { Revision: > 1 } own } when own.Birth != value.Birth => RequestOutcome.Foreign,
            _ => RequestOutcome.Done,
        };
        var next = outcome != RequestOutcome.Done || request.Ballot == Accepted
            ? this
            : this with { Promised = Later(request.Ballot, request.Next), Accepted = request.Ballot, Value = value };
        return (next, next.Answer(request, outcome, listed));
    }

    private static Ballot Later(Ballot one, Ballot other) => one.CompareTo(other) >= 0 ? one : other;

    private RegisterReply Answer(
        RegisterRequest request, RequestOutcome outcome, IReadOnlyList<NodeName> listed) => new(
        request.Kind,
        request.Ballot,
        outcome,
        Store,
        IsLost,
        Promised,
        Accepted,
        request.Kind is RequestKind.Read or RequestKind.Prepare ? Value : null,
        listed,
        []);
}
