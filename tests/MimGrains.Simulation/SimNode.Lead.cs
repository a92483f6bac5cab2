using System.Buffers;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Simulation;

/// <summary>Answers a request for a leader operation.</summary>
internal sealed record LeadReply(LeaderRole Role, LeaderBallot Ballot, DecisionVerdict Verdict, string? Found);

internal sealed partial class SimNode
{
    private const long RequestTimeoutMicros = 60_000;
    private const long RetryMicros = 5_000;

    private readonly SortedDictionary<long, LeaderCall> _calls = [];
    private readonly List<Request> _requests = [];
    private bool _hasLed;

    private sealed record Request(
        SimNode From, LeaderCall Call, long FirstOpen, LeaderBallot Resigned, Action<LeadReply> Answer)
    {
        public LeaderDecision? Decision { get; set; }
    }

    /// <summary>Asks the leader for something, again and again, until it has an answer or gives it up.</summary>
    public void Call(LeaderCall call)
    {
        call.Id = Replica.OpenCall();
        _calls.Add(call.Id.Number, call);
        _cluster.Scheduler.Log($"{Id} calls {call}");
        AskLeader(call, []);
        if (Random.Chance(5))
        {
            _cluster.Scheduler.After(Random.Between(0, 100_000), () => Close(call));
        }
    }

    public int OpenCalls => _calls.Count;

    private bool StaysLeader =>
        _cluster.Fault == Fault.LeaderStaysWhenItGrants && _hasLed && Replica.Ballot.Candidate != Id;

    private void AskLeader(LeaderCall call, HashSet<ReplicaId> passedOver, LeaderBallot resigned = default)
    {
        if (!IsUp || !_calls.ContainsKey(call.Id.Number))
        {
            return;
        }

        call.Attempt++;
        var attempt = call.Attempt;
        var toAsk = StaysLeader ? Id : Replica.LeaderToAsk(passedOver);
        if (toAsk is not { } leader)
        {
            _cluster.Scheduler.After(RetryMicros, () => AskLeader(call, []));
            return;
        }

        if (_cluster.Fault == Fault.DecisionsAreForgotten && attempt > 1)
        {
            call.AskedId = new OperationId(Id, (attempt * 1_000_000) + call.Id.Number);
        }

        var firstOpen = Replica.FirstOpenCall;
        var dead = Replica.DeadReplicas;
        void Answer(LeadReply reply) => OnLeadReply(call, leader, reply, passedOver, resigned);
        if (leader == Id)
        {
            TakeRequest(this, call, firstOpen, dead, resigned, Answer);
        }
        else
        {
            Send(leader, $"lead? {call}", to => to.TakeRequest(this, call, firstOpen, dead, resigned, Answer));
        }

        _cluster.Scheduler.After(RequestTimeoutMicros, () =>
        {
            if (call.Attempt == attempt)
            {
                AskLeader(call, []);
            }
        });
    }

    private void OnLeadReply(
        LeaderCall call, ReplicaId leader, LeadReply reply, HashSet<ReplicaId> passedOver, LeaderBallot resigned)
    {
        if (reply.Role == LeaderRole.Leading)
        {
            // Also the answer to an earlier try is true.
            if (reply.Verdict != DecisionVerdict.Refused && _calls.ContainsKey(call.Id.Number))
            {
                call.Finish(reply.Verdict == DecisionVerdict.Won, reply.Found, _cluster.Scheduler.NowMicros);
                _cluster.Scheduler.Log($"{Id} has an answer: {call}");
                Close(call);
            }

            return;
        }

        Replica.NoteBallot(reply.Ballot);
        if (reply.Role == LeaderRole.Resigned)
        {
            resigned = reply.Ballot;
        }

        if (reply.Role is LeaderRole.Resigned or LeaderRole.NotReady)
        {
            passedOver.Add(leader);
        }
        else
        {
            passedOver.Clear();
        }

        var seen = ++call.Attempt;
        _cluster.Scheduler.After(RetryMicros, () =>
        {
            if (call.Attempt == seen)
            {
                AskLeader(call, passedOver, resigned);
            }
        });
    }

    private void Close(LeaderCall call)
    {
        if (_calls.Remove(call.Id.Number))
        {
            Replica.CloseCall(call.Id);
        }
    }

    private void TakeRequest(
        SimNode from,
        LeaderCall call,
        long firstOpen,
        IReadOnlyList<ReplicaId> dead,
        LeaderBallot resigned,
        Action<LeadReply> answer)
    {
        NoteDeaths(dead);
        _requests.Add(new Request(from, call, firstOpen, resigned, answer));
        StepRequests();
    }

    private void StepRequests()
    {
        if (_requests.Count == 0)
        {
            return;
        }

        // An answer may bring others, and steps them. This comes after every event: a copy that is made anew is garbage.
        var count = _requests.Count;
        var waiting = ArrayPool<Request>.Shared.Rent(count);
        _requests.CopyTo(waiting);
        for (var i = 0; i < count; i++)
        {
            var request = waiting[i];
            if (request.Decision is null)
            {
                Decide(request);
            }

            if (request.Decision is { } decision && MayAnswer(decision))
            {
                _requests.Remove(request);
                var found = decision.Found.IsEmpty ? null : Replica.Found(decision.Found);
                Reply(request, new LeadReply(LeaderRole.Leading, Replica.Ballot, decision.Verdict, found));
            }
        }

        ArrayPool<Request>.Shared.Return(waiting, clearArray: true);
    }

    private bool MayAnswer(in LeaderDecision decision) => decision.Verdict == DecisionVerdict.Refused
        || (!Replica.IsDeposed && Replica.IsEverywhere(decision.Entry))
        || _cluster.Fault == Fault.LeaderAnswersAtOnce
        || (_cluster.Fault == Fault.LostIsAnsweredAtOnce && decision.Verdict == DecisionVerdict.Lost);

    private void Decide(Request request)
    {
        var role = Lead(request.Resigned);
        if (role == LeaderRole.Claiming)
        {
            return;
        }

        if (role != LeaderRole.Leading)
        {
            _requests.Remove(request);
            Reply(request, new LeadReply(role, Replica.Ballot, default, null));
            return;
        }

        var before = Replica.LastSequence;
        var replaced = Replica.WritesOf(request.Call.Key).Select(write => (write.Origin, write.Sequence)).ToList();
        var operation = request.Call.ToOperation();
        request.Decision = Replica.Decide(operation, request.FirstOpen, NowMicros);
        if (request.Decision is { Verdict: DecisionVerdict.Refused } && _cluster.Fault == Fault.ClosedOperationsAreDone)
        {
            request.Decision = Replica.Decide(request.Call.ToOperation(1_000_000_000 + before), request.FirstOpen, NowMicros);
        }

        if (Replica.LastSequence > before)
        {
            NoteDecision(request, request.Decision.Value, replaced);
        }
    }

    private LeaderRole Lead(LeaderBallot resigned)
    {
        var role = Replica.Lead(resigned);
        if (role == LeaderRole.Claiming)
        {
            var isEstablished = _cluster.Fault switch
            {
                Fault.LeaderDoesNotLevel => Replica.HasEveryGrant() && Replica.HasWhatWasGranted(),
                Fault.LeaderDoesNotCatchUp => Replica.HasEveryGrant() && Replica.HasLevelledTheDead(),
                Fault.LeaderAsksNobody => true,
                _ => false,
            };
            if (isEstablished)
            {
                Replica.Establish();
                role = LeaderRole.Leading;
            }
        }

        if (StaysLeader && role is LeaderRole.Follower or LeaderRole.Resigned)
        {
            Replica.Establish();
            role = LeaderRole.Leading;
        }

        _hasLed |= role == LeaderRole.Leading;
        return role;
    }

    private void NoteDecision(
        Request request, in LeaderDecision decision, IReadOnlyList<(ReplicaId Origin, long Sequence)> replaced)
    {
        var call = request.Call;
        var isWon = decision.Verdict == DecisionVerdict.Won;
        var operation = new Operation(
            call.Key, call.Record, Id, Replica.LastSequence, isWon ? Replica.LastMicros : 0)
        {
            Owner = call.Id.Caller,
            HasEffect = isWon,
            Replaced = replaced,
        };
        _cluster.OnDecided(operation);
        _cluster.Scheduler.Log($"{Id} decides {call}: {decision.Verdict}, write {Replica.LastSequence}");
        foreach (var peer in Replica.Peers)
        {
            Pump(peer);
        }
    }

    private void Reply(Request request, LeadReply reply)
    {
        if (request.From == this)
        {
            request.Answer(reply);
        }
        else
        {
            Send(request.From.Id, $"{reply.Role} {reply.Verdict} of {request.Call}", _ => request.Answer(reply));
        }
    }

    private void SendClaims()
    {
        foreach (var (peer, claim) in Replica.ClaimRequests())
        {
            Send(peer, $"claim {claim.Ballot.Term}", to =>
            {
                var grant = to.Replica.OnClaim(claim);
                to.Send(Id, $"claim {claim.Ballot.Term}: {grant.IsGranted} {grant.LastSequence}", _ => Replica.OnGrant(peer, grant));
            });
        }
    }
}
