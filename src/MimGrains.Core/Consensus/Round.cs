using MimGrains.Core.Identity;

namespace MimGrains.Core.Consensus;

/// <summary>A change of the register.</summary>
/// <param name="found">The latest value; null before the cluster is founded.</param>
/// <param name="isChosen">Whether <paramref name="found"/> is known to be chosen. Only then may the configuration be
/// changed.</param>
/// <returns>The value after it; <paramref name="found"/> itself if nothing is to change.</returns>
public delegate RegisterValue? RegisterChange(RegisterValue? found, bool isChosen);

/// <summary>Where a round stands.</summary>
public enum RoundState
{
    /// <summary>It waits for answers.</summary>
    Running = 0,

    /// <summary>Its value is chosen: no later round can miss it.</summary>
    Chosen = 1,

    /// <summary>A higher ballot was promised to somebody: try again. What this round asked for may still come
    /// true.</summary>
    Outbid = 2,

    /// <summary>Too few acceptors answer. What this round asked for may still come true.</summary>
    NoQuorum = 3,

    /// <summary>The acceptors hold nothing: the cluster was not founded yet.</summary>
    NotFounded = 4,

    /// <summary>The acceptors hold registers of different clusters.</summary>
    Foreign = 5,
}

// prepare -> promises of a quorum, with what they accepted -> the highest of it, changed -> accept -> accepted by a
// quorum: chosen
/// <summary>One attempt to change the register. Requests go out as they are returned; answers come in with
/// <see cref="OnReply"/>.</summary>
/// <remarks>
/// <para>CASPaxos (Rystsov 2018), with the configuration in the value. Three rules keep all histories one:</para>
/// <para>1. The promises must be a quorum of the configuration of the value that is <em>found</em>; if that is another
/// one than
/// was believed, its nodes are asked too. 2. The acceptances must be a quorum of the configuration of the value that is
/// <em>proposed</em>; while a configuration changes, that means a quorum of both lists. 3. Only a value that is known
/// to be
/// chosen may be followed by one with another configuration: its own one with a next list, or that next list
/// alone.</para>
/// <para>So the configurations of any two values between which nothing was chosen share a list, quorums of that list
/// share an
/// acceptor, and a round that misses what was chosen finds no quorum.</para>
/// </remarks>
public sealed class Round
{
    private readonly RegisterChange _change;
    private readonly OperationId? _operation;
    private readonly Configuration _believed;
    private readonly SortedDictionary<NodeName, RegisterReply?> _answers = [];
    private readonly SortedSet<NodeName> _asked = [];
    private RegisterRequest _request;
    private Ballot _foundBallot = Ballot.None;
    private RegisterValue? _found;
    private bool _foreign;

    internal Round(
        Ballot ballot,
        Ballot next,
        Configuration believed,
        Prepared? prepared,
        RegisterChange change,
        OperationId? operation)
    {
        (Ballot, Next, _believed, _change, _operation) = (ballot, next, believed, change, operation);
        _request = RegisterRequest.Prepare(ballot);
        if (prepared is not null)
        {
            (_found, _foundBallot, SkippedPrepare) = (prepared.Value, prepared.Accepted, true);
        }
    }

    /// <summary>Returns the ballot of this round.</summary>
    public Ballot Ballot { get; }

    /// <summary>Returns the ballot that its acceptors promise for the round after it.</summary>
    public Ballot Next { get; }

    /// <summary>Whether the promises of the round before are used.</summary>
    public bool SkippedPrepare { get; }

    /// <summary>Returns where it stands.</summary>
    public RoundState State { get; private set; }

    /// <summary>Whether a value was accepted in this round, with the promise of the next ballot.</summary>
    public bool WasAccepted { get; private set; }

    /// <summary>Whether the value has the operation in it, from this round or from an earlier one.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>Whether the change was asked. If not, the value that was found had to be made sure of first: try
    /// again.</summary>
    public bool IsDecided { get; private set; }

    /// <summary>Returns the chosen value, once it is.</summary>
    public RegisterValue? Value { get; private set; }

    /// <summary>Returns who was asked, ascending.</summary>
    public IReadOnlyCollection<NodeName> Asked => _asked;

    /// <summary>Returns those of <see cref="Asked"/> that answered in the current phase, ascending.</summary>
    public IEnumerable<NodeName> Answered =>
        _answers.Where(answer => answer.Value is not null).Select(answer => answer.Key);

    /// <summary>Returns the first requests. Called once.</summary>
    public IReadOnlyList<AddressedRequest> Start() => SkippedPrepare ? Propose(isChosen: true) : Ask(_believed);

    /// <summary>Takes an answer; answers that come late or twice do nothing.</summary>
    /// <returns>More requests to send.</returns>
    public IReadOnlyList<AddressedRequest> OnReply(NodeName from, RegisterReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        if (!IsAwaited(from) || reply.Kind != _request.Kind || reply.Ballot != Ballot)
        {
            return [];
        }

        _answers[from] = reply;
        _foreign |= reply.Outcome == RequestOutcome.Foreign;
        return _request.Kind == RequestKind.Prepare ? OnPromise(reply) : OnAccepted();
    }

    /// <summary>Takes note that a node does not answer a request.</summary>
    public void OnNoReply(NodeName from, RegisterRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (IsAwaited(from) && ReferenceEquals(request, _request))
        {
            _answers[from] = null;
            GiveUpIfHopeless(Current);
        }
    }

    private Configuration Current => _request.Value?.Configuration ?? _found?.Configuration ?? _believed;

    private bool IsAwaited(NodeName node) =>
        State == RoundState.Running && _asked.Contains(node) && !_answers.ContainsKey(node);

    private List<AddressedRequest> OnPromise(RegisterReply reply)
    {
        // The value of one that has promised more to others may come from after this round: the next round will see it.
        if (reply is { Outcome: RequestOutcome.Done, Value: { } value })
        {
            _foreign |= _found is { Revision: > 1 } && value.Revision > 1 && value.Birth != _found.Birth;
            if (reply.Accepted.CompareTo(_foundBallot) > 0)
            {
                (_foundBallot, _found) = (reply.Accepted, value);
            }
        }

        if (_foreign)
        {
            State = RoundState.Foreign;
            return [];
        }

        var configuration = Current;
        if (configuration.IsQuorum(IsDone))
        {
            return Propose(isChosen: configuration.IsQuorum(
                member => IsDone(member) && _answers[member.Node]!.Accepted == _foundBallot));
        }

        var more = Ask(configuration);
        GiveUpIfHopeless(configuration);
        return more;
    }

    private List<AddressedRequest> Propose(bool isChosen)
    {
        isChosen &= _found is not null;
        var next = Decide(isChosen);
        if (next is null)
        {
            State = RoundState.NotFounded;
            return [];
        }

        HasChanged = _operation is { } operation && next.Holds(operation);
        // Without promises of this round others may have gone on since: then an acceptance has to show that they have
        // not.
        if (ReferenceEquals(next, _found) && isChosen && !SkippedPrepare)
        {
            (Value, State) = (next, RoundState.Chosen);
            return [];
        }

        RequireLegalStep(next, isChosen);
        _request = RegisterRequest.Accept(Ballot, Next, next);
        _answers.Clear();
        _asked.Clear();
        return Ask(next.Configuration);
    }

    // A first value is made sure of before anything grows on it: two founders may each have had theirs accepted
    // somewhere.
    private RegisterValue? Decide(bool isChosen)
    {
        if (_found is { Revision: 1 } && !isChosen)
        {
            return _found;
        }

        IsDecided = true;
        if (_operation is not { } operation || _found is null)
        {
            return _change(_found, isChosen);
        }

        if (_found.Holds(operation))
        {
            return _found;
        }

        var next = _change(_found, isChosen);
        return next is null || ReferenceEquals(next, _found) ? _found : next.After(operation);
    }

    private void RequireLegalStep(RegisterValue next, bool isChosen)
    {
        if (_found is null || ReferenceEquals(_found.Configuration, next.Configuration))
        {
            return;
        }

        var (before, after) = (_found.Configuration, next.Configuration);
        var isLegal = isChosen && (before.Next is null
            ? after.Next is not null && after.Members.SequenceEqual(before.Members)
            : after.Next is null && after.Members.SequenceEqual(before.Next));
        if (!isLegal)
        {
            throw new InvalidOperationException(
                $"The configuration cannot go from {before} to {after}; the former is chosen: {isChosen}.");
        }
    }

    private List<AddressedRequest> OnAccepted()
    {
        var configuration = Current;
        if (_foreign)
        {
            State = RoundState.Foreign;
        }
        else if (configuration.IsQuorum(IsDone))
        {
            (Value, WasAccepted, State) = (_request.Value, true, RoundState.Chosen);
        }
        else
        {
            GiveUpIfHopeless(configuration);
        }

        return [];
    }

    private List<AddressedRequest> Ask(Configuration configuration) =>
        [.. configuration.Nodes.Where(_asked.Add).Select(node => new AddressedRequest(node, _request))];

    private bool IsDone(Member member) =>
        member.Store != 0 && _answers.GetValueOrDefault(member.Node) is { Outcome: RequestOutcome.Done } reply
            && reply.Store == member.Store;

    private void GiveUpIfHopeless(Configuration configuration)
    {
        if (configuration.IsQuorum(member => IsDone(member) || !_answers.ContainsKey(member.Node)))
        {
            return;
        }

        var isOutbid = _answers.Values.Any(reply => reply is { Outcome: RequestOutcome.Outbid });
        State = isOutbid ? RoundState.Outbid : RoundState.NoQuorum;
    }
}
