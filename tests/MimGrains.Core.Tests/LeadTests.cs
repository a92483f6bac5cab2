using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Core.Tests;

public sealed class LeadTests
{
    private readonly TableReplica<int, string> _a = Sample.First(Sample.A, keepsAll: true);
    private readonly TableReplica<int, string> _b;
    private readonly TableReplica<int, string> _c;

    public LeadTests()
    {
        _b = Sample.Join(Sample.B, _a, keepsAll: true);
        _c = Sample.Join(Sample.C, _a, keepsAll: true, _b);
    }

    [Fact]
    public void A_replica_leads_when_every_peer_has_granted()
    {
        Assert.Equal(LeaderRole.Claiming, _a.Lead(default));
        Grant(_a, _b);
        Assert.Equal(LeaderRole.Claiming, _a.Lead(default));
        Grant(_a, _c);
        Assert.Equal(LeaderRole.Leading, _a.Lead(default));
        Assert.Equal(LeaderRole.Follower, _b.Lead(default));
        Assert.All([_a, _b, _c], replica => Assert.Equal(Sample.A, replica.Leader));
    }

    [Fact]
    public void A_joining_replica_learns_who_leads_and_does_not_claim()
    {
        Elect(_b, _a, _c);
        var early = Sample.Join(new ReplicaId("0"), _a, keepsAll: true, _b, _c);

        Assert.Equal(Sample.B, early.LeaderToAsk(new HashSet<ReplicaId>()));
        Assert.Equal(LeaderRole.Follower, early.Lead(default));
    }

    [Fact]
    public void The_same_operation_is_decided_once()
    {
        Elect(_a, _b, _c);
        var id = _b.OpenCall();
        var first = Decide(_a, id, 1, "record");
        var again = Decide(_a, id, 1, "record");

        Assert.Equal(DecisionVerdict.Won, first.Verdict);
        Assert.Equal(first, again);
        Assert.Equal(1, _a.LastSequence);
    }

    [Fact]
    public void The_next_leader_knows_what_was_decided_although_the_record_is_gone()
    {
        Elect(_a, _b, _c);
        var id = _b.OpenCall();
        Decide(_a, id, 1, "record");
        Sample.Deliver(_a, _b);
        Sample.Deliver(_a, _c);
        _b.Delete(1, 2_000);
        Sample.Deliver(_b, _c);
        Die(_a, _b, _c);
        Elect(_c, _b);

        Assert.Equal(DecisionVerdict.Won, Decide(_c, id, 1, "record").Verdict);
        Assert.Null(_c.Get(1));
    }

    [Fact]
    public void A_new_leader_waits_for_what_the_dead_one_sent_to_another()
    {
        Elect(_a, _b, _c);
        var id = _b.OpenCall();
        var decision = Decide(_a, id, 1, "record");
        Sample.Deliver(_a, _b);
        Die(_a, _b, _c);
        _c.Lead(default);
        Grant(_c, _b);

        Assert.Equal(LeaderRole.Claiming, _c.Lead(default));
        Sample.LevelAll(_b, _c);
        Assert.Equal(LeaderRole.Leading, _c.Lead(default));
        Assert.Equal(decision.Entry, Decide(_c, id, 1, "record").Entry);
    }

    [Fact]
    public void A_new_leader_waits_for_the_last_write_of_one_that_hands_over()
    {
        Elect(_a, _b, _c);
        var id = _b.OpenCall();
        Decide(_a, id, 1, "record");
        _a.Resign();
        Assert.Equal(LeaderRole.Resigned, _a.Lead(default));
        Assert.Equal(LeaderRole.Follower, _b.Lead(default));
        Assert.Equal(LeaderRole.Claiming, _b.Lead(_a.Ballot));
        Grant(_b, _a);
        Grant(_b, _c);
        Assert.Equal(LeaderRole.Claiming, _b.Lead(default));
        Sample.Deliver(_a, _b);

        Assert.Equal(LeaderRole.Leading, _b.Lead(default));
        Assert.Equal(DecisionVerdict.Won, Decide(_b, id, 1, "record").Verdict);
        Assert.False(_b.IsEverywhere(Decide(_b, id, 1, "record").Entry));
    }

    [Fact]
    public void A_decision_behind_a_gap_of_a_dead_leader_does_not_count()
    {
        Elect(_a, _b, _c);
        var (first, second) = (_b.OpenCall(), _b.OpenCall());
        Decide(_a, first, 1, "first");
        // d joins behind the first decision, gets only the second one, and no dump any more.
        var d = Sample.Replica(new ReplicaId("d"), keepsAll: true);
        foreach (var member in new[] { _a, _b, _c })
        {
            d.Greet(member);
        }

        var required = d.RequestDump();
        Decide(_a, second, 2, "second");
        Assert.Equal(ReceiveOutcome.Applied, d.Receive(_a.TakeBatch(d.Self, 1_000)!));
        Die(_a, _b, _c);
        d.OnDead(Sample.A);
        var reader = _b.BeginDump(required)!;
        d.OnDumpHeader(reader.Header);
        d.TakeChunks(reader);
        Sample.LevelAll(_b, _c, d);
        Elect(_b, _c, d);

        Assert.All([_b, _c, d], replica => Assert.Null(replica.Get(2)));
        Assert.Equal(_b.Self, Decide(_b, second, 2, "second").Entry.Origin);
    }

    [Fact]
    public void What_the_caller_has_given_up_is_refused_and_forgotten()
    {
        Elect(_a, _b, _c);
        var id = _b.OpenCall();
        Decide(_a, id, 1, "record");
        Sample.Deliver(_a, _b);
        Sample.Deliver(_a, _c);
        Assert.All([_a, _b, _c], replica => Assert.Equal(1, replica.DecisionCount));
        _b.CloseCall(id);
        Sample.Beat(1_000, _a, _b, _c);

        Assert.All([_a, _b, _c], replica => Assert.Equal(0, replica.DecisionCount));
        Assert.Equal(DecisionVerdict.Refused, Decide(_a, id, 1, "record").Verdict);
    }

    [Fact]
    public void Nothing_is_done_any_more_at_a_replica_that_knows_of_its_own_death()
    {
        Elect(_a, _b, _c);
        var decision = Decide(_a, _a.OpenCall(), 1, "record");
        _a.NoteDeaths([Sample.B, Sample.C, Sample.A]);

        Assert.False(_a.IsEverywhere(decision.Entry));
        Assert.Equal(LeaderRole.Deposed, _a.Lead(default));
    }

    [Fact]
    public void A_record_that_a_leader_writes_belongs_to_the_caller()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        Elect(a, b);
        Decide(a, b.OpenCall(), 1, "of b");
        Decide(a, a.OpenCall(), 2, "of a");
        a.OnDead(Sample.B);
        var sweep = a.BeginSweep()!;
        Assert.False(sweep.Find(maxLooks: 10, maxFound: 10));
        sweep.Remove();

        Assert.Null(a.Get(1));
        Assert.Equal("of a", a.Get(2));
    }

    private static void Elect(TableReplica<int, string> leader, params TableReplica<int, string>[] others)
    {
        Sample.LevelAll([leader, .. others]);
        leader.Lead(default);
        foreach (var other in others)
        {
            Grant(leader, other);
        }

        Assert.Equal(LeaderRole.Leading, leader.Lead(default));
    }

    private static void Grant(TableReplica<int, string> candidate, TableReplica<int, string> peer)
    {
        var (_, claim) = candidate.ClaimRequests().Single(request => request.Peer == peer.Self);
        candidate.OnGrant(peer.Self, peer.OnClaim(claim));
    }

    private static void Die(TableReplica<int, string> dead, params TableReplica<int, string>[] survivors)
    {
        foreach (var survivor in survivors)
        {
            survivor.OnDead(dead.Self);
        }
    }

    private static LeaderDecision Decide(TableReplica<int, string> leader, OperationId id, int key, string record) => leader.Decide(
        new LeaderOperation<int, string>
        {
            Id = id,
            Condition = LeaderCondition.Absent,
            Key = key,
            Record = record,
            Body = SampleCodec.Bytes(key, record),
        },
        firstOpen: 1,
        nowMicros: 1_000);
}
