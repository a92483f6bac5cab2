using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MimGrains.Cets.Leading;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

/// <summary>When and whom a caller asks again: silos that answer when the test says so, and a clock that only the test moves.</summary>
public sealed class LeaderCallerTests
{
    private static readonly ReplicaId Self = new("127.0.0.1:1@1");
    private static readonly ReplicaId B = new("127.0.0.1:2@1");
    private static readonly ReplicaId C = new("127.0.0.1:3@1");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly PausedTime _time = new();
    private readonly Channel<Question> _questions = Channel.CreateUnbounded<Question>();
    private readonly ReplicatedTable<string, string> _table;
    private readonly LeaderCaller _caller;

    public LeaderCallerTests()
    {
        _table = LocalTable.Make(new TableDefinition<string, string>("table"), _time, Self.Value);
        foreach (var peer in new[] { B, C })
        {
            _table.Locked(replica => replica.Hello(peer, 1, []));
        }

        _table.Locked(replica => replica.NoteBallot(new LeaderBallot(1, B)));
        _caller = new LeaderCaller(_table, Ask, new ReplicationOptions(), _time, NullLogger.Instance);
    }

    [Fact]
    public async Task The_next_one_is_asked_at_once_when_the_leader_dies_on_the_way_to_an_answer()
    {
        var call = CallAsync();
        var unanswered = await AskedAsync(B);
        Die(B);

        // No time has passed, and what carries the first question has not noticed anything.
        var again = await AskedAsync(Self);
        Assert.Equal(unanswered.Request.Operations.Select(operation => operation.Number), again.Request.Operations.Select(operation => operation.Number));
        Assert.Equal([B.Value], again.Request.Dead);
        again.Win();
        Assert.True((await call.WaitAsync(Patience)).IsWon);
        Assert.Equal(TimeSpan.Zero, _time.Passed);

        // A late answer of the dead one changes nothing.
        unanswered.Answer.SetResult(Reply(LeaderRole.Leading, default, DecisionVerdict.Lost));
        Assert.True((await call).IsWon);
    }

    [Fact]
    public async Task The_next_one_is_asked_at_once_when_the_leader_dies_while_the_caller_pauses()
    {
        var call = CallAsync();
        foreach (var pause in new[] { 2, 4, 8, 16, 32, 64, 128, 200, 200 })
        {
            (await AskedAsync(B)).Answer.SetException(new TimeoutException("no answer"));
            await PauseAsync(TimeSpan.FromMilliseconds(pause));
        }

        (await AskedAsync(B)).Answer.SetException(new TimeoutException("no answer"));
        var before = _time.Passed;
        Assert.Equal(TimeSpan.FromMilliseconds(200), await _time.Pauses.ReadAsync().AsTask().WaitAsync(Patience));
        Die(B);
        (await AskedAsync(Self)).Win();
        Assert.True((await call.WaitAsync(Patience)).IsWon);
        Assert.Equal(before, _time.Passed);
    }

    [Theory]
    [InlineData(nameof(LeaderRole.Follower))]
    [InlineData(nameof(LeaderRole.Resigned))]
    [InlineData(nameof(LeaderRole.NotReady))]
    public async Task A_leader_that_refuses_costs_one_short_pause(string role)
    {
        var call = CallAsync();
        var refusal = Enum.Parse<LeaderRole>(role);
        var ballot = refusal == LeaderRole.Follower ? new LeaderBallot(2, C) : new LeaderBallot(1, B);
        (await AskedAsync(B)).Answer.SetResult(Reply(refusal, ballot));
        await PauseAsync(TimeSpan.FromMilliseconds(2));
        var next = await AskedAsync(refusal == LeaderRole.Follower ? C : Self);
        Assert.Equal(refusal == LeaderRole.Resigned ? ballot : default, next.Request.Resigned.ToBallot());
        next.Win();
        Assert.True((await call.WaitAsync(Patience)).IsWon);
        Assert.Equal(TimeSpan.FromMilliseconds(2), _time.Passed);
    }

    [Fact]
    public async Task A_leader_that_is_silent_and_not_dead_is_named_after_the_timeout()
    {
        var call = CallAsync();
        await AskedAsync(B);
        Assert.Equal(new ReplicationOptions().WriteTimeout, await _time.Waits.ReadAsync().AsTask().WaitAsync(Patience));

        // The death of another silo is none of its business.
        Die(C);
        _time.Advance(new ReplicationOptions().WriteTimeout);
        var error = await Assert.ThrowsAsync<LeaderUnansweredException>(() => call.WaitAsync(Patience));
        Assert.Equal(("table", B.Value), (error.Table, error.Leader));
        Assert.False(_questions.Reader.TryRead(out _));
    }

    private Task<LeaderCall> CallAsync() =>
        _caller.CallAsync(new LeaderCall { Condition = LeaderCondition.Absent, Body = [1] }, CancellationToken.None);

    private Task<WireLeadReply> Ask(ReplicaId leader, WireLeadRequest request)
    {
        var question = new Question(leader, request, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _questions.Writer.TryWrite(question);
        return question.Answer.Task;
    }

    private async Task<Question> AskedAsync(ReplicaId leader)
    {
        var question = await _questions.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        Assert.Equal(leader, question.Leader);
        return question;
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        Assert.Equal(pause, await _time.Pauses.ReadAsync().AsTask().WaitAsync(Patience));
        _time.Advance(pause);
    }

    private void Die(ReplicaId silo) => _table.LockedAndComplete(replica => replica.OnDead(silo));

    private static WireLeadReply Reply(LeaderRole role, LeaderBallot ballot, params DecisionVerdict[] verdicts) =>
        new(role, WireBallot.From(ballot), [.. verdicts.Select(verdict => new WireLeaderAnswer(verdict, []))]);

    private sealed record Question(ReplicaId Leader, WireLeadRequest Request, TaskCompletionSource<WireLeadReply> Answer)
    {
        public void Win() => Answer.SetResult(Reply(LeaderRole.Leading, new LeaderBallot(3, Leader), DecisionVerdict.Won));
    }

    /// <summary>Tells for how long somebody waits: a pause between two questions, or for an answer.</summary>
    private sealed class PausedTime() : FakeTimeProvider(s_start)
    {
        private static readonly DateTimeOffset s_start = DateTimeOffset.UnixEpoch.AddYears(50);

        private readonly Channel<TimeSpan> _pauses = Channel.CreateUnbounded<TimeSpan>();
        private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

        public ChannelReader<TimeSpan> Pauses => _pauses.Reader;

        public ChannelReader<TimeSpan> Waits => _waits.Reader;

        public TimeSpan Passed => GetUtcNow() - s_start;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            (dueTime < TimeSpan.FromSeconds(1) ? _pauses : _waits).Writer.TryWrite(dueTime);
            return timer;
        }
    }
}
