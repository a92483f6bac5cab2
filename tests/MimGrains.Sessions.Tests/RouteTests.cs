using System.Reflection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using Xunit;

namespace MimGrains.Sessions.Tests;

/// <summary>Messages to connections that do not answer.</summary>
public sealed class RouteTests
{
    private const string Server = "example.com";
    private const string Other = "127.0.0.1:9@9";

    // A message that waits for longer than it should is a failure, not a hang.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MemoryTable<SessionKey, SessionRecord> _table = new(SessionTable.Definition);
    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SessionOptions _options = new();
    private readonly LocalSessions _local;

    public RouteTests() => _local = new LocalSessions(new ReplicatedSessionStore(_table), _time, _options);

    [Fact]
    public async Task A_message_waits_for_its_connection_no_longer_than_the_timeout()
    {
        var silent = await AddAsync("phone");
        var route = RouteAsync("phone");

        _time.Advance(_options.RouteTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(route.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(new RouteResult(RouteOutcome.NoAnswer, 0), await route.WaitAsync(Patience));
        Assert.Single(silent.Received);
    }

    [Fact]
    public async Task A_message_that_one_connection_has_taken_is_delivered_when_another_one_does_not_answer()
    {
        await AddAsync("phone");
        (await AddAsync("laptop")).Answer = Task.CompletedTask;
        var route = RouteAsync("");

        _time.Advance(_options.RouteTimeout);

        Assert.Equal(new RouteResult(RouteOutcome.Delivered, 1), await route.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_message_waits_no_longer_when_the_silo_of_the_session_is_known_to_be_dead()
    {
        var silent = await AddAsync("phone");
        var route = RouteAsync("phone");
        Assert.False(route.IsCompleted);

        _local.Cleaner.OnDeath(Other);

        Assert.Equal(new RouteResult(RouteOutcome.NotReachable, 0), await route.WaitAsync(Patience));
        Assert.Equal(RouteOutcome.NotReachable, (await RouteAsync("phone").WaitAsync(Patience)).Outcome);
        Assert.Single(silent.Received);
    }

    [Fact]
    public async Task The_death_of_another_silo_ends_no_wait()
    {
        await AddAsync("phone");
        var route = RouteAsync("phone");

        _local.Cleaner.OnDeath("127.0.0.1:9@8");
        Assert.False(route.IsCompleted);
        _answer.SetResult();

        Assert.Equal(new RouteResult(RouteOutcome.Delivered, 1), await route.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_caller_that_cancels_is_told_so()
    {
        await AddAsync("phone");
        using var cancel = new CancellationTokenSource();
        var route = RouteAsync("phone", cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => route.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_client_that_turns_out_to_be_gone_after_the_timeout_has_its_session_closed()
    {
        var connection = new RecordingConnection { Answer = _answer.Task };
        await _local.Manager.OpenAsync(
            Server, "alice", "phone", new SessionRecord { Target = _local.Connections.Add(connection) });
        var route = RouteAsync("phone");
        _time.Advance(_options.RouteTimeout);
        Assert.Equal(RouteOutcome.NoAnswer, (await route.WaitAsync(Patience)).Outcome);

        _answer.SetException(ClientGone());

        Assert.Equal(SessionEndReason.ConnectionLost, (await _local.Cleanup.NextAsync().AsTask().WaitAsync(Patience)).End.Reason);
        Assert.Equal(0, _table.Count);
    }

    // Only Orleans makes one.
    private static Exception ClientGone() => (Exception)Activator.CreateInstance(
        typeof(ClientNotAvailableException), BindingFlags.Instance | BindingFlags.NonPublic, binder: null, ["gone"], culture: null)!;

    // Of another silo, with a connection that does not answer.
    private async Task<RecordingConnection> AddAsync(string resource)
    {
        var connection = new RecordingConnection { Answer = _answer.Task };
        await _table.InsertAsync(
            new SessionKey(Server, "alice", resource, new SessionId(1, Other)),
            new SessionRecord { Priority = 1, Target = _local.Connections.Add(connection) });
        return connection;
    }

    private Task<RouteResult> RouteAsync(string resource, CancellationToken cancellationToken = default) =>
        _local.Manager.RouteAsync(new Jid("alice", Server, resource), "hello", cancellationToken).AsTask();
}
