using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Core.Tests;

public sealed class JoinPlanTests
{
    private readonly JoinPlan _plan = new(Sample.B);

    [Fact]
    public void Alone_it_goes_first()
    {
        _plan.OnMember(Sample.B);

        Assert.Equal(JoinStep.BecomeFirst, _plan.Next());
        _plan.OnReady();
        Assert.Equal(JoinStep.Done, _plan.Next());
    }

    [Fact]
    public void A_dump_is_asked_for_when_all_have_answered()
    {
        _plan.OnMember(Sample.A);
        _plan.OnMember(Sample.C);
        Assert.Equal(JoinStep.SayHello, _plan.Next());
        var hellos = _plan.TakeHellos();
        Assert.Equal([Sample.A, Sample.C], hellos.Select(hello => hello.To));
        Assert.Equal(JoinStep.Wait, _plan.Next());

        Assert.True(_plan.OnHelloReply(Sample.C, hellos[1].Attempt, isReady: true));
        Assert.Equal(JoinStep.Wait, _plan.Next());
        Assert.True(_plan.OnHelloReply(Sample.A, hellos[0].Attempt, isReady: false));
        Assert.Equal(JoinStep.AskForDump, _plan.Next());
        Assert.Equal(Sample.C, _plan.TakeDumpSource());
        Assert.Equal(Sample.C, _plan.DumpSource);
        Assert.Equal(JoinStep.Wait, _plan.Next());
    }

    [Fact]
    public void Nobody_waits_for_a_silo_without_the_table()
    {
        _plan.OnMember(Sample.A);
        _plan.OnWithoutTable(Sample.A, _plan.TakeHellos()[0].Attempt);

        _plan.OnMember(Sample.A);

        Assert.Equal(JoinStep.BecomeFirst, _plan.Next());
        Assert.Empty(_plan.Awaited);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_silo_that_gets_the_table_later_is_told_hello(bool helloOvertakesAnswer)
    {
        _plan.OnMember(Sample.A);
        var attempt = _plan.TakeHellos()[0].Attempt;
        Assert.Equal([Sample.A], _plan.Awaited);
        if (helloOvertakesAnswer)
        {
            _plan.OnHello(Sample.A);
            _plan.OnWithoutTable(Sample.A, attempt);
        }
        else
        {
            _plan.OnWithoutTable(Sample.A, attempt);
            _plan.OnHello(Sample.A);
        }

        Assert.Equal(JoinStep.SayHello, _plan.Next());
    }

    [Fact]
    public void Only_the_answer_to_the_last_attempt_counts()
    {
        _plan.OnMember(Sample.A);
        var first = _plan.TakeHellos()[0].Attempt;
        _plan.OnHelloFailed(Sample.A, first);
        var second = _plan.TakeHellos()[0].Attempt;

        Assert.True(second > first);
        Assert.False(_plan.OnHelloReply(Sample.A, first, isReady: true));
        _plan.OnHelloFailed(Sample.A, first);
        Assert.Equal(JoinStep.Wait, _plan.Next());
        Assert.True(_plan.OnHelloReply(Sample.A, second, isReady: true));
        Assert.False(_plan.OnHelloReply(Sample.A, second, isReady: true));
    }

    [Fact]
    public void Another_source_is_asked_after_a_failure()
    {
        Answer(isReady: true, Sample.A, Sample.C);
        Assert.Equal(Sample.A, _plan.TakeDumpSource());
        _plan.OnDumpFailed(Sample.C);
        Assert.Equal(JoinStep.Wait, _plan.Next());
        _plan.OnDumpFailed(Sample.A);
        Assert.Equal(Sample.C, _plan.TakeDumpSource());
        _plan.OnDumpFailed(Sample.C);
        Assert.Equal(Sample.A, _plan.TakeDumpSource());
        Assert.Throws<InvalidOperationException>(() => _plan.TakeDumpSource());
    }

    [Fact]
    public void With_nobody_ready_the_least_goes_first_and_the_others_ask_again()
    {
        Answer(isReady: false, Sample.C);
        Assert.Equal(JoinStep.BecomeFirst, _plan.Next());

        Answer(isReady: false, Sample.A);
        Assert.Equal(JoinStep.Pause, _plan.Next());
        _plan.AskAgain();
        Assert.Equal([Sample.A, Sample.C], _plan.TakeHellos().Select(hello => hello.To));
    }

    [Fact]
    public void A_member_that_says_hello_meanwhile_is_asked_before_anybody_goes_first()
    {
        Answer(isReady: false, Sample.C);
        _plan.OnMember(Sample.A);

        Assert.Equal(JoinStep.SayHello, _plan.Next());
        Assert.Equal(Sample.A, _plan.TakeHellos().Single().To);
    }

    [Fact]
    public void A_dead_member_is_not_waited_for_and_its_dump_is_dropped()
    {
        _plan.OnMember(Sample.A);
        _plan.TakeHellos();
        _plan.OnDead(Sample.A);
        Assert.Equal(JoinStep.BecomeFirst, _plan.Next());
        _plan.OnMember(Sample.A);
        Assert.Equal(JoinStep.BecomeFirst, _plan.Next());

        Answer(isReady: true, Sample.C);
        Assert.Equal(Sample.C, _plan.TakeDumpSource());
        _plan.OnDead(Sample.C);
        Assert.Null(_plan.DumpSource);
        Assert.Equal(JoinStep.BecomeFirst, _plan.Next());
    }

    [Fact]
    public void After_a_death_those_that_were_not_ready_are_asked_again_before_anybody_goes_first()
    {
        Answer(isReady: true, Sample.A);
        Answer(isReady: false, Sample.C);
        _plan.TakeDumpSource();
        _plan.OnDead(Sample.A);

        Assert.Equal(JoinStep.SayHello, _plan.Next());
        Assert.Equal([Sample.C], _plan.TakeHellos().Select(hello => hello.To));
    }

    private void Answer(bool isReady, params ReplicaId[] members)
    {
        foreach (var member in members)
        {
            _plan.OnMember(member);
        }

        Assert.Equal(JoinStep.SayHello, _plan.Next());
        foreach (var (to, attempt) in _plan.TakeHellos())
        {
            Assert.True(_plan.OnHelloReply(to, attempt, isReady));
        }
    }
}
