using MimGrains.Core.Identity;

namespace MimGrains.Core.Consensus;

/// <summary>Where a reading stands.</summary>
public enum ReadingState
{
    /// <summary>It waits for answers.</summary>
    Running = 0,

    /// <summary>A quorum agrees: its value was the chosen one at some moment of this reading.</summary>
    Chosen = 1,

    /// <summary>The answers differ, or nobody knows who decides: a <see cref="Round"/> has to find out.</summary>
    Undecided = 2,
}

// read to all -> answers -> one ballot accepted by a quorum of its own configuration: chosen, without a write
/// <summary>Reads the register without changing it, and learns who is there and what they have listed.</summary>
/// <remarks>
/// If a later value had been chosen before the reading began, one of this quorum would have accepted it, or what
/// follows it.
/// </remarks>
public sealed class Reading
{
    private readonly SortedDictionary<NodeName, RegisterReply?> _answers = [];
    private readonly SortedSet<NodeName> _asked = [];

    /// <summary>Returns where it stands.</summary>
    public ReadingState State { get; private set; }

    /// <summary>Returns the chosen value, once it is known.</summary>
    public RegisterValue? Value { get; private set; }

    /// <summary>Returns the answers so far, ascending by node.</summary>
    public IReadOnlyDictionary<NodeName, RegisterReply> Replies =>
        _answers.Where(answer => answer.Value is not null).ToDictionary(answer => answer.Key, answer => answer.Value!);

    /// <summary>Returns who was asked, ascending.</summary>
    public IReadOnlyCollection<NodeName> Asked => _asked;

    /// <summary>Whether all who were asked have answered, or will not.</summary>
    public bool IsComplete => _answers.Count == _asked.Count;

    /// <summary>Returns the requests for the listed nodes and for those who decide as far as is known. Called
    /// once.</summary>
    public IReadOnlyList<AddressedRequest> Start(IEnumerable<NodeName> listed, Configuration? believed) =>
        Ask(listed.Concat(believed?.Nodes ?? []));

    /// <summary>Takes an answer.</summary>
    /// <returns>More requests to send.</returns>
    public IReadOnlyList<AddressedRequest> OnReply(NodeName from, RegisterReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        if (reply.Kind != RequestKind.Read || !_asked.Contains(from) || !_answers.TryAdd(from, reply)
            || State == ReadingState.Chosen)
        {
            return [];
        }

        var (ballot, value) = Highest();
        if (value is null)
        {
            EndIfComplete();
            return [];
        }

        var more = Ask(value.Configuration.Nodes);
        if (value.Configuration.IsQuorum(member => IsAt(member, ballot)))
        {
            (Value, State) = (value, ReadingState.Chosen);
        }
        else
        {
            EndIfComplete();
        }

        return more;
    }

    /// <summary>Takes note that a node does not answer.</summary>
    public void OnNoReply(NodeName from)
    {
        if (_asked.Contains(from) && _answers.TryAdd(from, null))
        {
            EndIfComplete();
        }
    }

    private void EndIfComplete()
    {
        if (State == ReadingState.Running && IsComplete)
        {
            State = ReadingState.Undecided;
        }
    }

    private bool IsAt(Member member, Ballot ballot) =>
        member.Store != 0 && _answers.GetValueOrDefault(member.Node) is { } reply
            && reply.Store == member.Store && reply.Accepted == ballot;

    private (Ballot Ballot, RegisterValue? Value) Highest()
    {
        var highest = (Ballot: Ballot.None, Value: (RegisterValue?)null);
        foreach (var reply in _answers.Values)
        {
            if (reply?.Value is not null && reply.Accepted.CompareTo(highest.Ballot) > 0)
            {
                highest = (reply.Accepted, reply.Value);
            }
        }

        return highest;
    }

    private List<AddressedRequest> Ask(IEnumerable<NodeName> nodes) =>
        [.. nodes.Where(_asked.Add).Select(node => new AddressedRequest(node, RegisterRequest.Read))];
}
