using MimGrains.Core.Identity;

namespace MimGrains.Core.Consensus;

/// <summary>What an operation is for.</summary>
public enum OperationGoal
{
    /// <summary>Returns a value that was chosen while the operation ran, or later.</summary>
    Read = 0,

    /// <summary>Changes the value.</summary>
    Change = 1,

    /// <summary>Lets those decide who are listed, see <see cref="ConfigurationPlan"/>.</summary>
    Configure = 2,
}

/// <summary>Where an operation stands.</summary>
public enum OperationState
{
    /// <summary>It waits for answers.</summary>
    Running = 0,

    /// <summary>It is done.</summary>
    Done = 1,

    /// <summary>This attempt has failed; <see cref="RegisterOperation.Begin"/> makes another one, best after a
    /// pause.</summary>
    Again = 2,

    /// <summary>It cannot be done: the nodes belong to different clusters.</summary>
    Failed = 3,
}

/// <summary>What an operation needs to know of its node.</summary>
/// <param name="Listed">The node list as the node sees it now.</param>
/// <param name="AllowJump">Whether the operator confirmed a list that shares no quorum with the one before.</param>
/// <param name="Birth">A random number, for the cluster if it has to be founded.</param>
/// <param name="FirstContent">What the register holds at first.</param>
public sealed record OperationContext(
    IReadOnlyList<NodeName> Listed, bool AllowJump, ulong Birth, ReadOnlyMemory<byte> FirstContent);

// [who decides? read] -> [nobody yet: found] -> round -> done, or again
/// <summary>One operation on the register, from its first request to its end, over as many attempts as it
/// takes.</summary>
/// <remarks>
/// A change happens at most once, whatever its attempts come to. If the operation is left before it is
/// <see cref="OperationState.Done"/>, its change may still happen later.
/// </remarks>
public sealed class RegisterOperation
{
    /// <summary>The <see cref="Problem"/> when too few nodes answered.</summary>
    public const string NoQuorum = "no quorum";

    private readonly Proposer _proposer;
    private readonly RegisterChange _change;
    private readonly OperationId _id;
    private readonly OperationContext _context;
    private Reading? _reading;
    private Round? _round;
    private bool _isFounding;
    private bool _mustRead;

    /// <summary>Creates an operation.</summary>
    /// <param name="proposer">Of this node; it has one operation under way at a time.</param>
    /// <param name="goal">What it is for.</param>
    /// <param name="context">Of this node.</param>
    /// <param name="change">For a change: what to do. It is called for every attempt, and must have no effect of its
    /// own.</param>
    public RegisterOperation(
        Proposer proposer, OperationGoal goal, OperationContext context, RegisterChange? change = null)
    {
        ArgumentNullException.ThrowIfNull(proposer);
        ArgumentNullException.ThrowIfNull(context);
        (_proposer, _context, Goal) = (proposer, context, goal);
        _id = proposer.NextOperation();
        _change = change ?? ((found, _) => found);
        _mustRead = goal != OperationGoal.Change;
    }

    /// <summary>Returns what the operation is for.</summary>
    public OperationGoal Goal { get; }

    /// <summary>Returns where it stands.</summary>
    public OperationState State { get; private set; } = OperationState.Again;

    /// <summary>Returns the chosen value, once the operation is done.</summary>
    public RegisterValue? Value { get; private set; }

    /// <summary>Whether the value has the change in it; false if the change had nothing to do.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>Returns what stood in the way of the last attempt, or of the list; null if nothing did.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether the last attempt failed because others changed the register at the same time.</summary>
    public bool IsContended { get; private set; }

    /// <summary>Returns what the last reading of this operation heard; null if it did not read.</summary>
    public Reading? LastReading { get; private set; }

    /// <summary>Returns who was asked in the last step, ascending.</summary>
    public IReadOnlyCollection<NodeName> Asked => _round?.Asked ?? LastReading?.Asked ?? [];

    /// <summary>Begins an attempt.</summary>
    /// <returns>Requests to send; the answers to them count for this attempt alone.</returns>
    public IReadOnlyList<AddressedRequest> Begin()
    {
        (State, _round, _isFounding, IsContended) = (OperationState.Running, null, false, false);
        return _mustRead || _proposer.Believed is null ? Read() : Propose();
    }

    /// <summary>Takes an answer.</summary>
    /// <returns>More requests to send.</returns>
    public IReadOnlyList<AddressedRequest> OnReply(NodeName from, RegisterReply reply)
    {
        _proposer.Observe(reply);
        if (State != OperationState.Running)
        {
            return [];
        }

        var more = _round is not null ? _round.OnReply(from, reply) : _reading!.OnReply(from, reply);
        return more.Count > 0 ? more : Advance();
    }

    /// <summary>Takes note that a node does not answer a request.</summary>
    /// <returns>More requests to send.</returns>
    public IReadOnlyList<AddressedRequest> OnNoReply(NodeName from, RegisterRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (State != OperationState.Running)
        {
            return [];
        }

        if (_round is not null)
        {
            _round.OnNoReply(from, request);
        }
        else if (request.Kind == RequestKind.Read)
        {
            _reading!.OnNoReply(from);
        }

        return Advance();
    }

    private IReadOnlyList<AddressedRequest> Read()
    {
        LastReading = _reading = new Reading();
        return _reading.Start(_context.Listed, _proposer.Believed);
    }

    private IReadOnlyList<AddressedRequest> Propose() => Start(_proposer.Begin(
        Goal == OperationGoal.Change ? _change : (found, _) => found, _id));

    // A round may end with its first step: nothing is to change, and that is known to be chosen.
    private IReadOnlyList<AddressedRequest> Start(Round round)
    {
        _round = round;
        var requests = round.Start();
        return requests.Count > 0 ? requests : Advance();
    }

    private IReadOnlyList<AddressedRequest> Advance() =>
        _round is { State: not RoundState.Running } ? OnRoundEnded(_round)
        : _round is null && _reading is { State: not ReadingState.Running } ? OnReadingEnded(_reading)
        : [];

    private IReadOnlyList<AddressedRequest> OnReadingEnded(Reading reading)
    {
        if (reading.State == ReadingState.Chosen)
        {
            return Goal switch
            {
                OperationGoal.Read => End(reading.Value!, hasChanged: false, null),
                OperationGoal.Configure => Configure(reading),
                _ => Propose(),
            };
        }

        if (_proposer.Believed is not null)
        {
            return Propose();
        }

        var first = ConfigurationPlan.Found(
            _context.Listed, reading.Replies, _context.Birth, _context.FirstContent, out var problem);
        if (first is null)
        {
            return Retry(problem);
        }

        _isFounding = true;
        return Start(_proposer.Found(first));
    }

    private IReadOnlyList<AddressedRequest> Configure(Reading reading)
    {
        // A change of those who decide begins when all have answered, or will not: a new store is seen late otherwise.
        if (!reading.IsComplete)
        {
            return [];
        }

        var (current, value) = (reading.Value!.Configuration, reading.Value);
        var next = ConfigurationPlan.Next(
            current, _context.Listed, reading.Replies, _context.AllowJump, out var problem);
        if (next is null)
        {
            return End(value, hasChanged: false, problem);
        }

        return Start(_proposer.Begin(
            (found, isChosen) => isChosen && found!.Configuration.Number == current.Number
                ? found with { Configuration = next }
                : found,
            _proposer.NextOperation()));
    }

    private IReadOnlyList<AddressedRequest> OnRoundEnded(Round round)
    {
        _proposer.End(round);
        switch (round.State)
        {
            case RoundState.Chosen when _isFounding || !round.IsDecided:
                _isFounding = false;
                return Goal == OperationGoal.Configure ? Retry(null) : Propose();
            case RoundState.Chosen when Goal == OperationGoal.Configure:
                // One step is done, or somebody else's was: look what is to be done next.
                return Retry(null);
            case RoundState.Chosen:
                return End(round.Value!, round.HasChanged, null);
            case RoundState.Foreign:
                State = OperationState.Failed;
                Problem = $"the nodes {string.Join(", ", round.Asked)} hold registers of different clusters";
                return [];
            case RoundState.NotFounded:
                _mustRead = true;
                return Retry("the cluster is not founded yet");
            case RoundState.Outbid when round.SkippedPrepare:
                // Somebody has written since this node did, and may be long done: a prepare tells.
                return Retry(null);
            case RoundState.Outbid:
                IsContended = true;
                return Retry("other nodes changed the register at the same time");
            default:
                // Those who decide may have become others.
                _mustRead = true;
                return Retry(NoQuorum);
        }
    }

    private IReadOnlyList<AddressedRequest> End(RegisterValue value, bool hasChanged, string? problem)
    {
        (Value, HasChanged, Problem, State) = (value, hasChanged, problem, OperationState.Done);
        return [];
    }

    private IReadOnlyList<AddressedRequest> Retry(string? problem)
    {
        (Problem, State) = (problem, OperationState.Again);
        return [];
    }
}
