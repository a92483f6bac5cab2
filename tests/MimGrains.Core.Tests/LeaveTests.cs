using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Core.Tests;

public sealed class LeaveTests
{
    [Fact]
    public void A_late_hello_to_an_earlier_replica_of_the_silo_acknowledges_nothing()
    {
        // b says hello twice: the first one is slow, the second one finds that a has given the table up.
        var plan = new JoinPlan(Sample.B);
        plan.OnMember(Sample.A);
        var late = plan.TakeHellos().Single().Attempt;
        plan.OnHelloFailed(Sample.A, late);
        plan.OnWithoutTable(Sample.A, plan.TakeHellos().Single().Attempt);
        var b = Sample.First(Sample.B);
        plan.OnReady();

        // a takes the table up again.
        var a = Sample.Replica(Sample.A);
        Greet(a, attempt: 1, b, plan);
        a.TakeDump(b);
        var sequence = a.Insert(1, "not at b yet", nowMicros: 100);

        Assert.Null(a.Hello(Sample.B, late, []));
        Assert.Equal(0, a.CompletedThrough);
        Sample.Deliver(a, b);
        Assert.Equal(sequence, a.CompletedThrough);
        Assert.Equal("not at b yet", b.Get(1));
    }

    [Fact]
    public void Who_leaves_is_believed_also_by_one_that_has_said_it_no_hello()
    {
        // b has left the table before, and is back.
        var plan = new JoinPlan(Sample.B);
        plan.StartAfter(7);
        plan.OnReady();
        var b = Sample.First(Sample.B);

        var a = Sample.Replica(Sample.A);
        Greet(a, attempt: 1, b, plan);
        a.TakeDump(b);
        Assert.True(a.TryLeave());

        Assert.True(plan.IsMeant(a.HelloAttemptOf(Sample.B)));
        Assert.True(b.OnLeft(Sample.A, a.LastSequence, attempt: 1));
        Assert.Empty(b.Peers);
    }

    [Fact]
    public void A_hello_that_is_waited_for_is_not_past()
    {
        var plan = new JoinPlan(Sample.B);
        plan.StartAfter(7);
        plan.OnMember(Sample.A);
        Assert.True(plan.OnHello(Sample.A) > 7);

        var first = plan.TakeHellos().Single().Attempt;
        Assert.Equal(first - 1, plan.OnHello(Sample.A));

        plan.OnHelloFailed(Sample.A, first);
        Assert.Equal(first, plan.OnHello(Sample.A));

        var second = plan.TakeHellos().Single().Attempt;
        Assert.Equal(second - 1, plan.OnHello(Sample.A));
        Assert.True(plan.OnHelloReply(Sample.A, second, isReady: true));
        Assert.Equal(second, plan.OnHello(Sample.A));
    }

    private static void Greet(TableReplica<int, string> joining, long attempt, TableReplica<int, string> member, JoinPlan planOfMember) =>
        joining.OnHelloReply(member.Self, member.Hello(
            joining.Self, attempt, joining.DeadReplicas, pastAttempt: planOfMember.OnHello(joining.Self))!);
}
