using MimGrains.Core.Identity;

namespace MimGrains.Core.Replication;

// claim -> every live peer grants, and tells its last write -> all of those are applied here, and all dead ones are levelled
// -> leading: decide, write, and tell the caller once every live peer has applied it.
public abstract partial class TableReplica
{
    // Who has granted the claim of Ballot, and its last write at that moment.
    private readonly Dictionary<ReplicaId, long> _grants = [];
    private readonly DecisionTable _decisions = new();
    private readonly OperationWindow _calls;
    private bool _isEstablished;

    /// <summary>Returns the greatest ballot known: whoever claims with a lesser one is refused here.</summary>
    /// <remarks>
    /// <para>Invariants of leading. (1) A leader decides only with a grant of every replica that it does not know to be dead:
    /// who led before either granted, and so decides no more, or is dead, and its writes are refused here since. (2) It
    /// decides only when it has applied every decision that an earlier leader may have sent to anybody: up to the last write
    /// of each that granted, and of the dead after the survivors have levelled. (3) An answer is given only when every live
    /// replica has the decision: so who leads next has it, and who did not know that it is dead never gets there.</para>
    /// <para>There is no time in it: two replicas may take themselves for leader for a while, but only the one with the
    /// greater ballot can finish anything.</para>
    /// </remarks>
    public LeaderBallot Ballot { get; private set; }

    /// <summary>Returns who leads, or is on its way to; null when nobody has led yet, or it is dead or has left.</summary>
    public ReplicaId? Leader => Ballot.Term > 0 && (Ballot.Candidate == Self || _peers.ContainsKey(Ballot.Candidate))
        ? Ballot.Candidate
        : null;

    /// <summary>Returns whether this replica knows that it is declared dead itself.</summary>
    public bool IsDeposed { get; private set; }

    /// <summary>Returns whether this replica lets others lead: it is about to stop.</summary>
    public bool IsResigned { get; private set; }

    /// <summary>Returns this silo's first leader operation that has no answer; that of the next one if all have.</summary>
    public long FirstOpenCall => _calls.FirstOpen;

    /// <summary>Returns how many operations there are from <see cref="FirstOpenCall"/> on: what others may have to remember.</summary>
    public long OpenCallsWidth => _calls.Width;

    /// <summary>Begins a leader operation of this silo.</summary>
    public OperationId OpenCall() => _calls.Open();

    /// <summary>A leader operation of this silo has its answer, or is given up: it must not be asked for again.</summary>
    /// <exception cref="ArgumentException">The operation is not open.</exception>
    public void CloseCall(OperationId id)
    {
        _calls.Close(id);
        NoteOpen(Self, FirstOpenCall);
    }

    /// <summary>How many decisions are remembered for callers without an answer.</summary>
    internal int DecisionCount => _decisions.Count;

    /// <summary>Returns whom to ask for a leader operation; null when there is nobody left.</summary>
    /// <param name="passedOver">Who has said that it does not lead, and will not.</param>
    public ReplicaId? LeaderToAsk(IReadOnlySet<ReplicaId> passedOver)
    {
        ArgumentNullException.ThrowIfNull(passedOver);
        if (Leader is { } leader && !passedOver.Contains(leader))
        {
            return leader;
        }

        ReplicaId? least = IsReady && !passedOver.Contains(Self) ? Self : null;
        foreach (var peer in _peerIds)
        {
            if (!passedOver.Contains(peer))
            {
                return least is { } self && self.CompareTo(peer) < 0 ? self : peer;
            }
        }

        return least;
    }

    /// <summary>This replica was asked to lead: returns whether it does, and begins a claim if nobody else leads.</summary>
    /// <param name="resigned">A ballot whose candidate has told the asking one that it leads no more; default for none.</param>
    public LeaderRole Lead(LeaderBallot resigned)
    {
        if (IsDeposed)
        {
            return LeaderRole.Deposed;
        }

        if (!IsReady)
        {
            return LeaderRole.NotReady;
        }

        if (IsResigned)
        {
            return LeaderRole.Resigned;
        }

        if (Leader != Self)
        {
            if (Leader is not null && Ballot != resigned)
            {
                return LeaderRole.Follower;
            }

            Ballot = new LeaderBallot(Ballot.Term + 1, Self);
        }

        if (!_isEstablished && HasEveryGrant() && HasWhatWasGranted() && HasLevelledTheDead())
        {
            Establish();
        }

        return _isEstablished ? LeaderRole.Leading : LeaderRole.Claiming;
    }

    /// <summary>Returns which peers have not granted the claim that is under way; asked again until they have.</summary>
    public IReadOnlyList<(ReplicaId Peer, LeaderClaim Claim)> ClaimRequests()
    {
        if (Leader != Self || _isEstablished || IsDeposed)
        {
            return [];
        }

        var claim = new LeaderClaim(Ballot, _deadIds);
        return [.. _peerIds.Where(peer => !_grants.ContainsKey(peer)).Select(peer => (peer, claim))];
    }

    /// <summary>Another replica asks to lead: grants it, unless a greater ballot is known or that one is dead.</summary>
    public LeaderGrant OnClaim(LeaderClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        NoteDeaths(claim.Dead);
        var isGranted = !IsDead(claim.Ballot.Candidate) && claim.Ballot.CompareTo(Ballot) >= 0;
        if (isGranted)
        {
            NoteBallot(claim.Ballot);
        }

        return new LeaderGrant(isGranted, Ballot, LastSequence, _deadIds);
    }

    /// <summary>A peer has answered a claim.</summary>
    public void OnGrant(ReplicaId from, LeaderGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        NoteDeaths(grant.Dead);
        NoteBallot(grant.Ballot);
        if (grant.IsGranted && grant.Ballot == Ballot && Leader == Self && _peers.ContainsKey(from))
        {
            _grants[from] = grant.LastSequence;
        }
    }

    /// <summary>Another replica knows of this ballot. If it is greater than the own one, this replica decides no more.</summary>
    public void NoteBallot(LeaderBallot ballot)
    {
        if (ballot.CompareTo(Ballot) > 0)
        {
            Ballot = ballot;
            _isEstablished = false;
            _grants.Clear();
        }
    }

    /// <summary>This replica is about to stop: it decides no more, and what it has decided is finished as ever.</summary>
    public void Resign()
    {
        IsResigned = true;
        _isEstablished = false;
    }

    /// <summary>This replica does not stop after all: it may claim again.</summary>
    public void Return() => IsResigned = false;

    /// <summary>Returns whether every live replica has applied a write, as far as is known here.</summary>
    public bool IsEverywhere(Dot write) => EveryoneHas(write.Origin, write.Sequence);

    internal bool HasEveryGrant() => _peerIds.All(_grants.ContainsKey);

    // A peer that died meanwhile is levelled instead.
    internal bool HasWhatWasGranted() =>
        _grants.All(grant => !_peers.ContainsKey(grant.Key) || AppliedOf(grant.Key) >= grant.Value);

    internal bool HasLevelledTheDead() => _inbounds.Values.All(inbound => inbound.Levelling is null or { IsDone: true });

    internal void Establish() => _isEstablished = true;

    private protected KnownDecision? DecisionOf(OperationId id) => _decisions.Find(id);

    /// <summary>Whether nobody waits for the answer of an operation any more.</summary>
    private protected bool IsClosed(OperationId id) => IsDead(id.Caller) || _decisions.IsClosed(id);

    private protected void RequireLeading()
    {
        if (!_isEstablished)
        {
            throw new InvalidOperationException($"Replica {Self} does not lead: it must not decide.");
        }
    }

    private protected void NoteOpen(ReplicaId caller, long firstOpen)
    {
        if (!IsDead(caller))
        {
            _decisions.Advance(caller, firstOpen);
        }
    }

    private protected void NoteDecision(ReplicaId caller, KnownDecision decision)
    {
        if (!IsDead(caller))
        {
            _decisions.Note(caller, decision);
        }
    }

    private void NoteDecisions(CallerDecisions caller)
    {
        NoteOpen(caller.Caller, caller.FirstOpen);
        foreach (var decision in caller.Decisions)
        {
            NoteDecision(caller.Caller, decision);
        }
    }

    private bool Depose()
    {
        var isNew = !IsDeposed;
        IsDeposed = true;
        _isEstablished = false;
        return isNew;
    }
}
