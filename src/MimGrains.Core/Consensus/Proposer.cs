namespace MimGrains.Core.Consensus;

/// <summary>
/// What one run of a proposer remembers between its rounds: the highest ballot it has seen, who decides, and whether it
/// may skip
/// the prepare. It has one round under way at a time.
/// </summary>
/// <param name="id">Names this run of this node; never used again, not even after a restart.</param>
public sealed class Proposer(string id)
{
    private long _counter;
    private long _operations;
    private Prepared? _prepared;
    private (Ballot Accepted, Configuration Configuration)? _believed;

    /// <summary>Returns the latest configuration that was seen; null before the first. It may be out of date: rounds
    /// find out.</summary>
    public Configuration? Believed => _believed?.Configuration;

    /// <summary>Returns the id of the next operation.</summary>
    public OperationId NextOperation() => new(id, ++_operations);

    /// <summary>Learns from an answer, whoever gave it and whatever it was asked.</summary>
    public void Observe(RegisterReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        Observe(reply.Promised, reply.Accepted, reply.Value);
    }

    /// <summary>Learns from what its own node stored before this run: who decides may not be listed any more.</summary>
    public void Observe(Acceptor own)
    {
        ArgumentNullException.ThrowIfNull(own);
        Observe(own.Promised, own.Accepted, own.Value);
    }

    /// <summary>Begins a round that founds a cluster, or finds that there is one.</summary>
    public Round Found(RegisterValue first)
    {
        ArgumentNullException.ThrowIfNull(first);
        return new Round(NextBallot(), AfterNext(), first.Configuration, null, (found, _) => found ?? first, null);
    }

    /// <summary>Begins a round that changes the register, or finds that nothing is to change.</summary>
    /// <param name="change">What to do. Called at most once for a round; it must have no effect of its own.</param>
    /// <param name="operation">Of the change; the same when it is tried again, so that it cannot happen twice.</param>
    /// <exception cref="InvalidOperationException">No configuration was seen yet.</exception>
    public Round Begin(RegisterChange change, OperationId operation)
    {
        ArgumentNullException.ThrowIfNull(change);
        var prepared = Interlocked.Exchange(ref _prepared, null);
        var ballot = prepared is null ? NextBallot() : prepared.Ballot;
        var believed = Believed ?? throw new InvalidOperationException("No configuration was seen yet: read first.");
        return new Round(ballot, AfterNext(), believed, prepared, change, operation);
    }

    /// <summary>Learns from the end of a round.</summary>
    public void End(Round round)
    {
        ArgumentNullException.ThrowIfNull(round);
        if (round is { State: RoundState.Chosen, WasAccepted: true, Value: { } value })
        {
            _believed = (round.Ballot, value.Configuration);
            _prepared = new Prepared(round.Next, round.Ballot, value);
            _counter = Math.Max(_counter, round.Next.Counter);
        }
    }

    private void Observe(Ballot promised, Ballot accepted, RegisterValue? value)
    {
        _counter = Math.Max(_counter, Math.Max(promised.Counter, accepted.Counter));
        if (value is not null && (_believed is null || accepted.CompareTo(_believed.Value.Accepted) > 0))
        {
            _believed = (accepted, value.Configuration);
        }
    }

    private Ballot NextBallot() => new(++_counter, id);

    private Ballot AfterNext() => new(_counter + 1, id);
}

/// <summary>A value that a quorum accepted while it promised the next ballot to the same proposer.</summary>
internal sealed record Prepared(Ballot Ballot, Ballot Accepted, RegisterValue Value);
