using Xunit;

namespace MimGrains.Sessions.Tests;

// Replacing, presence, information, routing: whatever the connections are.
public abstract partial class SessionManagerContract
{
    /// <summary>Returns what <see cref="SessionRecord.Target"/> names a connection by.</summary>
    protected abstract string TargetOf(RecordingConnection connection);

    [Fact]
    public async Task An_older_session_of_the_same_full_jid_is_told_and_replaced()
    {
        var connection = new RecordingConnection();
        var old = await Open(connection, "alice", "phone");
        var other = await Open("alice", "laptop");
        var stillThere = false;
        connection.OnEnded = async key => stillThere = await Sessions.GetAsync(key) is not null;

        var key = await Sessions.OpenAsync("EXAMPLE.com", "Alice", "phone", s_record);

        Assert.True(key.CompareTo(old) > 0);
        Assert.Equal([other, key], Keys(await Sessions.GetUserSessionsAsync(Server, "alice")));
        Assert.Equal([(old, new SessionEnd(SessionEndReason.Replaced, key))], connection.Ended);
        Assert.True(stillThere);
    }

    [Fact]
    public async Task A_connection_that_is_told_may_close_its_session_itself()
    {
        var connection = new RecordingConnection { OnEnded = key => Sessions.CloseAsync(key).AsTask() };
        await Open(connection, "alice", "phone");

        var key = await Open("alice", "phone");

        Assert.Equal([key], Keys(await Sessions.GetUserSessionsAsync(Server, "alice")));
        Assert.Single(connection.Ended);
    }

    [Fact]
    public async Task A_connection_that_does_not_answer_is_waited_for_two_seconds()
    {
        var never = new TaskCompletionSource();
        var connection = new RecordingConnection { OnEnded = _ => never.Task };
        await Open(connection, "alice", "phone");
        var watch = System.Diagnostics.Stopwatch.StartNew();

        var key = await Open("alice", "phone");

        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(30));
        Assert.Equal([key], Keys(await Sessions.GetUserSessionsAsync(Server, "alice")));
        never.SetResult();
    }

    [Fact]
    public async Task A_kicked_session_is_told_and_gone()
    {
        var connection = new RecordingConnection();
        var key = await Open(connection, "alice", "phone");

        Assert.True(await Sessions.KickAsync(key, "by an operator"));
        Assert.False(await Sessions.KickAsync(key));

        Assert.Equal([(key, new SessionEnd(SessionEndReason.Kicked, null, "by an operator"))], connection.Ended);
        Assert.Null(await Sessions.GetAsync(key));
    }

    [Fact]
    public async Task Presence_is_set_and_unset_and_keeps_information()
    {
        var key = await Open("alice", "phone");
        await Sessions.StoreInfoAsync(key, "old", "1");
        await Sessions.SetPresenceAsync(key, -3, new Dictionary<string, string> { ["new"] = "2" });
        var present = (await Sessions.GetAsync(key))!.Value.Record;
        Assert.Equal(-3, present.Priority);
        Assert.Equal([("new", "2"), ("old", "1")], Info(present));

        await Sessions.UnsetPresenceAsync(key);
        var absent = (await Sessions.GetAsync(key))!.Value.Record;
        Assert.Null(absent.Priority);
        Assert.Equal([("new", "2"), ("old", "1")], Info(absent));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Sessions.SetPresenceAsync(key, 128));
    }

    // session_info_is_updated_if_keys_match, ..._extended_if_new_keys_present, ..._not_truncated_if_..._empty_infolist
    [Fact]
    public async Task Information_is_replaced_by_name_and_extended_and_never_truncated()
    {
        var key = await Open("alice", "phone");
        await Sessions.SetPresenceAsync(key, 1, new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" });
        await Sessions.SetPresenceAsync(key, 1, new Dictionary<string, string> { ["b"] = "3", ["c"] = "4" });
        await Sessions.SetPresenceAsync(key, 1, new Dictionary<string, string>());

        Assert.Equal([("a", "1"), ("b", "3"), ("c", "4")], Info((await Sessions.GetAsync(key))!.Value.Record));
    }

    // kv_can_be_stored_for_session, kv_can_be_updated_..., kv_can_be_removed_..., store_info_sends_message_to_the_session_owner,
    // remove_info_sends_message_to_the_session_owner
    [Fact]
    public async Task Information_is_stored_updated_and_removed_and_the_connection_told()
    {
        var connection = new RecordingConnection();
        var key = await Open(connection, "alice", "phone");

        await Sessions.StoreInfoAsync(key, "k", "1");
        Assert.Equal(("k", "1"), await connection.NextInfoAsync());
        await Sessions.StoreInfoAsync(key, "k", "2");
        Assert.Equal(("k", "2"), await connection.NextInfoAsync());
        Assert.Equal([("k", "2")], Info((await Sessions.GetAsync(key))!.Value.Record));
        await Sessions.RemoveInfoAsync(key, "k");
        Assert.Equal(("k", null), await connection.NextInfoAsync());
        Assert.Empty(Info((await Sessions.GetAsync(key))!.Value.Record));
    }

    [Fact]
    public async Task Concurrent_changes_of_one_session_all_count()
    {
        var key = await Open("alice", "phone");
        await Task.WhenAll(Enumerable.Range(0, 50).Select(number =>
            Sessions.StoreInfoAsync(key, $"k{number:00}", $"{number}").AsTask()));

        Assert.Equal(50, Info((await Sessions.GetAsync(key))!.Value.Record).Count);
    }

    [Fact]
    public async Task A_change_of_a_closed_session_is_refused_and_does_not_bring_it_back()
    {
        var key = await Open("alice", "phone");
        await Sessions.CloseAsync(key, new SessionEnd(SessionEndReason.Closed, Text: "bye"));

        var error = await Assert.ThrowsAsync<SessionNotFoundException>(async () => await Sessions.StoreInfoAsync(key, "k", "v"));
        Assert.Equal(key, error.Session);
        await Assert.ThrowsAsync<SessionNotFoundException>(async () => await Sessions.UnsetPresenceAsync(key));
        Assert.Equal(0, await Sessions.CountAsync());
    }

    [Fact]
    public async Task The_highest_priority_is_preferred_and_tells_who_is_offline()
    {
        Assert.True(await Sessions.IsOfflineAsync(Server, "alice"));
        Assert.Null(await Sessions.GetPreferredSessionAsync(Server, "alice"));
        var phone = await Sessions.OpenAsync(Server, "alice", "phone", new SessionRecord());
        var laptop = await Sessions.OpenAsync(Server, "alice", "laptop", new SessionRecord());
        Assert.True(await Sessions.IsOfflineAsync(Server, "alice"));

        await Sessions.SetPresenceAsync(phone, -1);
        Assert.True(await Sessions.IsOfflineAsync(Server, "alice"));
        Assert.Equal(phone, (await Sessions.GetPreferredSessionAsync(Server, "alice"))!.Value.Key);

        await Sessions.SetPresenceAsync(phone, 4);
        await Sessions.SetPresenceAsync(laptop, 4);
        Assert.False(await Sessions.IsOfflineAsync(Server, "alice"));
        Assert.Equal(laptop, (await Sessions.GetPreferredSessionAsync(Server, "alice"))!.Value.Key);
    }

    [Fact]
    public async Task All_sessions_come_in_pages()
    {
        var keys = new[] { await Open("alice", "phone", "a.example"), await Open("bob", "phone", "b.example"), await Open("al", "x", "c.example") };

        var first = await Sessions.GetSessionsAsync(limit: 2);
        Assert.Equal(keys[..2], Keys(first));
        Assert.Equal(keys[2..], Keys(await Sessions.GetSessionsAsync(keys[1], 2)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Sessions.GetSessionsAsync(limit: 0));
    }

    [Fact]
    public async Task A_message_reaches_the_connection_of_a_full_jid()
    {
        var phone = new RecordingConnection();
        var laptop = new RecordingConnection();
        var key = await Open(phone, "alice", "phone");
        await Open(laptop, "alice", "laptop");

        var result = await Sessions.RouteAsync(Jids.Parse("Alice@example.com/phone"), "hello");

        Assert.Equal(new RouteResult(RouteOutcome.Delivered, 1), result);
        Assert.Equal([(key, "hello")], phone.Received);
        Assert.Empty(laptop.Received);
    }

    [Fact]
    public async Task A_message_to_a_bare_jid_reaches_those_with_the_highest_priority()
    {
        RecordingConnection[] connections = [new(), new(), new()];
        var keys = new List<SessionKey>();
        foreach (var (connection, number) in connections.Select((connection, number) => (connection, number)))
        {
            keys.Add(await Open(connection, "alice", $"r{number}"));
            await Sessions.SetPresenceAsync(keys[^1], number == 0 ? 1 : 7);
        }

        var result = await Sessions.RouteAsync(new Jid("alice", Server), "hello");

        Assert.Equal(new RouteResult(RouteOutcome.Delivered, 2), result);
        Assert.Equal([0, 1, 1], connections.Select(connection => connection.Received.Count));
        foreach (var key in keys)
        {
            await Sessions.SetPresenceAsync(key, -1);
        }

        Assert.Equal(RouteOutcome.NoSession, (await Sessions.RouteAsync(new Jid("alice", Server), "hello")).Outcome);
    }

    [Fact]
    public async Task A_message_that_reaches_nobody_says_so()
    {
        await Open("alice", "phone");
        Assert.Equal(RouteOutcome.NotReachable, (await Sessions.RouteAsync(new Jid("alice", Server, "phone"), "hello")).Outcome);
        Assert.Equal(RouteOutcome.NoSession, (await Sessions.RouteAsync(new Jid("alice", Server, "laptop"), "hello")).Outcome);
        Assert.Equal(RouteOutcome.NoSession, (await Sessions.RouteAsync(new Jid("bob", Server), "hello")).Outcome);
        await Assert.ThrowsAsync<ArgumentException>(async () => await Sessions.RouteAsync(new Jid("a b", Server), "hello"));
    }

    [Fact]
    public async Task What_a_connection_throws_reaches_the_sender()
    {
        var connection = new RecordingConnection { ReceiveError = new FormatException("not this") };
        await Open(connection, "alice", "phone");
        var error = await Assert.ThrowsAsync<FormatException>(
            async () => await Sessions.RouteAsync(new Jid("alice", Server, "phone"), "hello"));
        Assert.Equal("not this", error.Message);
    }

    private ValueTask<SessionKey> Open(RecordingConnection connection, string user, string resource) =>
        Sessions.OpenAsync(Server, user, resource, s_record with { Target = TargetOf(connection) });

    private static IReadOnlyList<(string, string)> Info(SessionRecord record) =>
        [.. (record.Info ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => (pair.Key, pair.Value))];
}
