using Microsoft.Extensions.Time.Testing;
using MimGrains.Tables;
using Xunit;

namespace MimGrains.Sessions.Tests;

public sealed class LocalSessionManagerTests : SessionManagerContract
{
    private readonly MemoryTable<SessionKey, SessionRecord> _table = new(SessionTable.Definition);
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddSeconds(1));
    private readonly LocalSessions _local;

    public LocalSessionManagerTests() =>
        _local = new LocalSessions(new ReplicatedSessionStore(_table), _time, new SessionOptions { UserSessionsMax = 3 });

    protected override ISessionManager Sessions => _local.Manager;

    protected override string TargetOf(RecordingConnection connection) => _local.Connections.Add(connection);

    [Fact]
    public async Task Every_end_of_a_session_is_cleaned_up_once_with_its_reason()
    {
        var first = await Open("alice", "phone");
        var second = await Open("alice", "phone");
        await Sessions.CloseAsync(second);
        await Sessions.CloseAsync(second);
        var third = await Open("bob", "phone");
        await Sessions.KickAsync(third, "enough");

        Assert.Equal(
            [(first, SessionEndReason.Replaced), (second, SessionEndReason.Closed), (third, SessionEndReason.Kicked)],
            _local.Cleanup.Ended.Select(ended => (ended.Session.Key, ended.End.Reason)));
        Assert.Equal(second, _local.Cleanup.Ended[0].End.By);
        Assert.Equal("enough", _local.Cleanup.Ended[2].End.Text);
    }

    [Fact]
    public async Task A_hook_that_throws_does_not_keep_the_session_open()
    {
        _local.Cleanup.Error = new InvalidOperationException("no");
        var key = await Open("alice", "phone");
        await Sessions.CloseAsync(key);
        Assert.Null(await Sessions.GetAsync(key));
        Assert.Single(_local.Cleanup.Ended);
    }

    // too_many_sessions
    [Fact]
    public async Task The_oldest_session_goes_when_a_user_has_too_many()
    {
        var connection = new RecordingConnection();
        var oldest = await Sessions.OpenAsync(
            Server, "alice", "z", new SessionRecord { Target = TargetOf(connection) });
        var others = new[] { await Open("alice", "c"), await Open("alice", "b"), await Open("alice", "a") };

        Assert.Equal(others.Reverse(), Keys(await Sessions.GetUserSessionsAsync(Server, "alice")));
        Assert.Equal((oldest, SessionEndReason.TooManySessions), (connection.Ended[0].Session, connection.Ended[0].End.Reason));
    }

    [Fact]
    public async Task A_session_of_a_silo_whose_clock_is_ahead_is_replaced_all_the_same()
    {
        var ahead = new SessionKey(Server, "alice", "phone", new SessionId(9_000_000_000, LocalSessions.Address.ToParsableString()));
        await _table.InsertAsync(ahead, new SessionRecord());

        var key = await Open("alice", "phone");

        Assert.Equal(9_000_000_001, key.Id.TimestampMicros);
        Assert.Equal([key], Keys(await Sessions.GetUserSessionsAsync(Server, "alice")));
    }

    [Fact]
    public async Task Of_two_that_were_opened_at_once_the_less_is_told_so()
    {
        var other = new SessionKey(Server, "alice", "phone", new SessionId(9_000_000_000, LocalSessions.Address.ToParsableString()));
        _table.BeforeInsert = () =>
        {
            // Another silo's session arrives while this one is on its way.
            _table.BeforeInsert = null;
            _table.InsertAsync(other, new SessionRecord());
        };

        var error = await Assert.ThrowsAsync<SessionReplacedException>(async () => await Open("alice", "phone"));

        Assert.Equal(other, error.By);
        Assert.Equal([other], Keys(await Sessions.GetUserSessionsAsync(Server, "alice")));
    }

    [Fact]
    public async Task A_session_of_a_silo_that_is_gone_counts_as_closed()
    {
        var gone = new SessionKey(Server, "alice", "phone", new SessionId(5, "127.0.0.1:9@9"));
        await _table.InsertAsync(gone, new SessionRecord());

        await Sessions.CloseAsync(gone);
        Assert.False(await Sessions.KickAsync(gone));
        await Assert.ThrowsAsync<SessionNotFoundException>(async () => await Sessions.SetPresenceAsync(gone, 1));
    }

    [Fact]
    public async Task Ids_are_the_time_in_microseconds_and_the_silo()
    {
        var key = await Open("alice", "phone");

        Assert.Equal(new SessionId(1_000_000, LocalSessions.Address.ToParsableString()), key.Id);
    }

    [Fact]
    public async Task Ids_grow_while_the_clock_stands_still_or_goes_back()
    {
        var first = await Open("alice", "phone");
        var many = await Sessions.OpenManyAsync(
            [.. Enumerable.Range(0, 3).Select(user => new SessionRequest(Server, $"u{user}", "phone", new()))]);
        _time.AdjustTime(DateTimeOffset.UnixEpoch);
        var second = await Open("alice", "phone");
        _time.AdjustTime(DateTimeOffset.UnixEpoch.AddSeconds(2));
        var third = await Open("alice", "phone");

        Assert.Equal(
            [1_000_000, 1_000_001, 1_000_002, 1_000_003, 1_000_004, 2_000_000],
            new[] { first }.Concat(many).Append(second).Append(third).Select(key => key.Id.TimestampMicros));
    }

    [Fact]
    public void Reads_complete_synchronously()
    {
        Assert.All(
            new Task[]
            {
                Sessions.GetUserSessionsAsync(Server, "alice").AsTask(),
                Sessions.GetFullJidSessionsAsync(Server, "alice", "phone").AsTask(),
                Sessions.GetServerSessionsAsync(Server).AsTask(),
                Sessions.CountAsync().AsTask(),
                Sessions.CountUniqueUsersAsync().AsTask(),
                Sessions.CountBySiloAsync().AsTask(),
            },
            read => Assert.True(read.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task Get_allocates_nothing_beyond_what_the_table_does()
    {
        const int reads = 1_000;
        var key = await Open("alice", "phone");
        Assert.True(_table.TryGet(key, out _));
        Assert.NotNull(await Sessions.GetAsync(key));

        var start = GC.GetAllocatedBytesForCurrentThread();
        for (var read = 0; read < reads; read++)
        {
            _table.TryGet(key, out _);
        }

        var byTable = GC.GetAllocatedBytesForCurrentThread() - start;
        for (var read = 0; read < reads; read++)
        {
            await Sessions.GetAsync(key);
        }

        Assert.Equal(byTable, GC.GetAllocatedBytesForCurrentThread() - start - byTable);
    }

    [Fact]
    public async Task A_session_whose_opening_was_not_acknowledged_is_closed_again()
    {
        _table.InsertError = new WriteNotAcknowledgedException(SessionTable.Name, ["other"], TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<WriteNotAcknowledgedException>(async () => await Open("alice", "phone"));
        Assert.Equal(0, _table.Count);
        await Assert.ThrowsAsync<WriteNotAcknowledgedException>(async () => await Sessions.OpenManyAsync(
            [.. Enumerable.Repeat(new SessionRequest(Server, "alice", "phone", new()), 3)]));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public async Task A_table_that_is_not_available_says_so()
    {
        _table.InsertError = new TableUnavailableException(SessionTable.Name, "joining");
        _table.FailAfterApplying = false;

        var error = await Assert.ThrowsAsync<TableUnavailableException>(async () => await Open("alice", "phone"));
        Assert.Contains("Table session: joining", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_owner_of_a_session_is_the_silo_in_its_id()
    {
        var key = new SessionKey(Server, "alice", "phone", new SessionId(1, "silo"));

        Assert.Equal("silo", SessionTable.Definition.OwnerOf!(key, new SessionRecord()));
        Assert.Equal(NodeDownRule.RemoveOwned, SessionTable.Definition.NodeDown);
        var index = Assert.Single(SessionTable.Definition.PrefixIndexes);
        Assert.Equal(typeof(UserPrefix), index.PrefixType);
        Assert.Equal(new UserPrefix(Server, "alice").GetHashCode(), index.HashOf(key));
    }
}
