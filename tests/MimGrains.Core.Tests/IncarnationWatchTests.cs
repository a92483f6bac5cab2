using MimGrains.Core.Crashes;

namespace MimGrains.Core.Tests;

public sealed class IncarnationWatchTests
{
    private readonly IncarnationWatch _watch = new();

    [Fact]
    public void A_process_that_is_gone_is_declared_dead_once_a_witness_agrees()
    {
        Assert.Equal(WatchStep.Dial, _watch.Next);
        See(WatchEvent.Answered, WatchStep.HoldLine);
        See(WatchEvent.LineClosed, WatchStep.Dial);
        Assert.False(_watch.IsSuspected);
        See(WatchEvent.Refused, WatchStep.AskWitnesses);
        Assert.True(_watch.IsSuspected);
        Assert.False(_watch.IsProvedDead);
        See(WatchEvent.WitnessAgrees, WatchStep.Declare);
        Assert.True(_watch.IsProvedDead);
    }

    [Fact]
    public void An_endpoint_that_never_led_to_the_process_proves_nothing_by_refusing()
    {
        for (var i = 0; i < 5; i++)
        {
            See(WatchEvent.Refused, WatchStep.DialLater);
        }

        Assert.False(_watch.IsSuspected);
    }

    [Fact]
    public void A_line_that_broke_is_opened_again()
    {
        See(WatchEvent.Answered, WatchStep.HoldLine);
        See(WatchEvent.LineClosed, WatchStep.Dial);
        See(WatchEvent.Answered, WatchStep.HoldLine);
    }

    [Fact]
    public void A_process_that_does_not_answer_is_dialled_again_and_accused_of_nothing()
    {
        See(WatchEvent.Answered, WatchStep.HoldLine);
        See(WatchEvent.LineClosed, WatchStep.Dial);
        for (var i = 0; i < 5; i++)
        {
            See(WatchEvent.Unanswered, WatchStep.DialLater);
        }

        Assert.False(_watch.IsSuspected);
        See(WatchEvent.Refused, WatchStep.AskWitnesses);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_later_incarnation_at_the_endpoint_needs_no_witness(bool wasKnown)
    {
        if (wasKnown)
        {
            See(WatchEvent.Answered, WatchStep.HoldLine);
            See(WatchEvent.LineClosed, WatchStep.Dial);
        }

        See(WatchEvent.Restarted, WatchStep.Declare);
        Assert.True(_watch.IsProvedDead);
    }

    [Fact]
    public void The_only_other_silo_is_declared_dead_without_a_witness()
    {
        SeeRefused();
        See(WatchEvent.NoWitness, WatchStep.Declare);
    }

    [Fact]
    public void A_witness_that_got_an_answer_ends_the_suspicion()
    {
        SeeRefused();
        See(WatchEvent.WitnessDisagrees, WatchStep.DialLater);
        Assert.False(_watch.IsSuspected);

        // The way from here is not trusted any more until it has led there again.
        See(WatchEvent.Refused, WatchStep.DialLater);
        See(WatchEvent.Answered, WatchStep.HoldLine);
        SeeRefusedAfterHold();
    }

    [Fact]
    public void A_silo_that_reaches_none_of_the_others_waits_before_it_decides_alone()
    {
        SeeRefused();
        See(WatchEvent.WitnessesSilent, WatchStep.DialAfterLonePause);
        Assert.False(_watch.IsProvedDead);
        See(WatchEvent.Refused, WatchStep.AskWitnesses);
        See(WatchEvent.WitnessesSilent, WatchStep.Declare);
    }

    [Theory]
    [InlineData(WatchEvent.WitnessAgrees, WatchStep.Declare)]
    [InlineData(WatchEvent.WitnessDisagrees, WatchStep.DialLater)]
    [InlineData(WatchEvent.NoWitness, WatchStep.Declare)]
    public void A_witness_that_can_be_asked_after_the_pause_decides(WatchEvent answer, WatchStep step)
    {
        SeeRefused();
        See(WatchEvent.WitnessesSilent, WatchStep.DialAfterLonePause);
        See(WatchEvent.Refused, WatchStep.AskWitnesses);
        See(answer, step);
    }

    [Fact]
    public void An_answer_after_the_lone_pause_ends_the_suspicion()
    {
        SeeRefused();
        See(WatchEvent.WitnessesSilent, WatchStep.DialAfterLonePause);
        See(WatchEvent.Answered, WatchStep.HoldLine);
        Assert.False(_watch.IsSuspected);
    }

    [Fact]
    public void Silence_after_the_lone_pause_begins_the_proof_anew()
    {
        SeeRefused();
        See(WatchEvent.WitnessesSilent, WatchStep.DialAfterLonePause);
        See(WatchEvent.Unanswered, WatchStep.DialLater);
        See(WatchEvent.Refused, WatchStep.AskWitnesses);
        See(WatchEvent.WitnessesSilent, WatchStep.DialAfterLonePause);
    }

    [Fact]
    public void Declaring_is_tried_again_while_the_table_is_away_and_the_endpoint_dialled_before()
    {
        SeeRefused();
        See(WatchEvent.WitnessAgrees, WatchStep.Declare);
        See(WatchEvent.NotDeclared, WatchStep.DialLater);
        See(WatchEvent.Refused, WatchStep.Declare);
        See(WatchEvent.NotDeclared, WatchStep.DialLater);
        See(WatchEvent.Unanswered, WatchStep.DialLater);
        See(WatchEvent.Restarted, WatchStep.Declare);
        See(WatchEvent.NotDeclared, WatchStep.DialLater);
        See(WatchEvent.Answered, WatchStep.HoldLine);
        Assert.False(_watch.IsProvedDead);
    }

    [Fact]
    public void An_event_that_the_step_cannot_bring_is_an_error()
    {
        Assert.Throws<InvalidOperationException>(() => _watch.On(WatchEvent.LineClosed));
        Assert.Throws<InvalidOperationException>(() => _watch.On(WatchEvent.WitnessAgrees));
        See(WatchEvent.Answered, WatchStep.HoldLine);
        Assert.Throws<InvalidOperationException>(() => _watch.On(WatchEvent.Refused));
    }

    // Whatever a silo sees, it never declares dead what answers, and never rests on less than the proof that the rules ask for.
    [Fact]
    public void No_way_of_up_to_seven_events_declares_without_proof()
    {
        var declared = 0;
        Walk([]);
        Assert.True(declared > 100, $"Only {declared} ways declare.");

        void Walk(List<WatchEvent> way)
        {
            if (Replay(way) is not { } step)
            {
                return;
            }

            if (step == WatchStep.Declare)
            {
                declared++;
                Assert.True(IsProof(way), string.Join(" -> ", way));
            }

            if (way.Count < 7)
            {
                foreach (var next in Enum.GetValues<WatchEvent>())
                {
                    Walk([.. way, next]);
                }
            }
        }
    }

    private static bool IsProof(List<WatchEvent> way)
    {
        var lastAnswer = Math.Max(way.LastIndexOf(WatchEvent.Answered), way.LastIndexOf(WatchEvent.WitnessDisagrees));
        var since = way.Skip(lastAnswer + 1).ToList();
        if (since.Contains(WatchEvent.Restarted))
        {
            return true;
        }

        return lastAnswer >= 0 && way[lastAnswer] == WatchEvent.Answered && since.Contains(WatchEvent.Refused)
            && (since.Contains(WatchEvent.WitnessAgrees) || since.Contains(WatchEvent.NoWitness)
                || since.Count(seen => seen == WatchEvent.WitnessesSilent) >= 2);
    }

    private static WatchStep? Replay(List<WatchEvent> way)
    {
        var watch = new IncarnationWatch();
        try
        {
            foreach (var seen in way)
            {
                watch.On(seen);
            }
        }
        catch (InvalidOperationException)
        {
            return null;
        }

        return watch.Next;
    }

    private void SeeRefused()
    {
        See(WatchEvent.Answered, WatchStep.HoldLine);
        SeeRefusedAfterHold();
    }

    private void SeeRefusedAfterHold()
    {
        See(WatchEvent.LineClosed, WatchStep.Dial);
        See(WatchEvent.Refused, WatchStep.AskWitnesses);
    }

    private void See(WatchEvent seen, WatchStep step) => Assert.Equal(step, _watch.On(seen));
}
