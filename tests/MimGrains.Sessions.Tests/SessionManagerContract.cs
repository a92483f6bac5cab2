using Xunit;

namespace MimGrains.Sessions.Tests;

/// <summary>
/// What every <see cref="ISessionManager"/> does, whatever it keeps sessions in. Names in comments are the cases of MongooseIM's
/// <c>test/ejabberd_sm_SUITE.erl</c>.
/// </summary>
public abstract partial class SessionManagerContract
{
    protected const string Server = "example.com";

    private static readonly SessionRecord s_record = new()
    {
        Priority = 5,
        Address = "192.0.2.7",
        Port = 51_234,
        Connection = ConnectionType.C2sTls,
    };

    /// <summary>Returns the session manager under test, with no sessions.</summary>
    protected abstract ISessionManager Sessions { get; }

    // open_session
    [Fact]
    public async Task An_open_session_is_found_by_key_user_full_jid_and_server()
    {
        var key = await Open("alice", "phone");

        var session = new Session(key, s_record);
        Assert.Equal(session, await Sessions.GetAsync(key));
        Assert.Equal([session], await Sessions.GetUserSessionsAsync(Server, "alice"));
        Assert.Equal([session], await Sessions.GetFullJidSessionsAsync(Server, "alice", "phone"));
        Assert.Equal([session], await Sessions.GetServerSessionsAsync(Server));
        Assert.Equal((Server, "alice", "phone"), (key.Server, key.User, key.Resource));
        Assert.NotEmpty(key.Id.Silo);
    }

    // get_full_session_list
    [Fact]
    public async Task The_sessions_of_all_servers_are_counted_together()
    {
        await Open("alice", "phone");
        await Open("alice", "laptop");
        await Open("bob", "phone", "example.org");

        Assert.Equal(3, await Sessions.CountAsync());
    }

    // get_vh_session_list
    [Fact]
    public async Task The_sessions_of_a_server_leave_out_those_of_others()
    {
        var alice = await Open("alice", "phone");
        var bob = await Open("bob", "phone");
        await Open("carol", "phone", "example.co");
        await Open("carol", "phone", "example.com.org");

        Assert.Equal([alice, bob], Keys(await Sessions.GetServerSessionsAsync(Server)));
        Assert.Empty(await Sessions.GetServerSessionsAsync("example"));
    }

    // get_sessions_2
    [Fact]
    public async Task The_sessions_of_a_user_are_those_of_all_resources_in_order()
    {
        var phone = await Open("alice", "phone");
        var laptop = await Open("alice", "laptop");
        await Open("alic", "phone");
        await Open("alice2", "phone");
        await Open("alice", "phone", "example.org");

        Assert.Equal([laptop, phone], Keys(await Sessions.GetUserSessionsAsync(Server, "alice")));
        Assert.Empty(await Sessions.GetUserSessionsAsync(Server, "nobody"));
    }

    // get_sessions_3
    [Fact]
    public async Task The_sessions_of_a_full_jid_are_those_of_one_resource()
    {
        await Open("alice", "laptop");
        await Open("alice", "phone2");
        await Open("bob", "phone");
        var phone = await Open("alice", "phone");

        Assert.Equal([phone], Keys(await Sessions.GetFullJidSessionsAsync(Server, "alice", "phone")));
        Assert.Empty(await Sessions.GetFullJidSessionsAsync(Server, "alice", "tablet"));
        Assert.Empty(await Sessions.GetFullJidSessionsAsync(Server, "alice", "phon"));
    }

    // delete_session
    [Fact]
    public async Task A_closed_session_is_gone_and_the_others_stay()
    {
        var phone = await Open("alice", "phone");
        var laptop = await Open("alice", "laptop");

        await Sessions.CloseAsync(phone);

        Assert.Null(await Sessions.GetAsync(phone));
        Assert.Equal([laptop], Keys(await Sessions.GetUserSessionsAsync(Server, "alice")));
        Assert.Empty(await Sessions.GetFullJidSessionsAsync(Server, "alice", "phone"));
        Assert.Equal(1, await Sessions.CountAsync());
    }

    [Fact]
    public async Task Closing_twice_or_what_was_never_open_is_no_error()
    {
        var key = await Open("alice", "laptop");
        var other = await Open("alice", "phone");

        await Sessions.CloseAsync(key);
        await Sessions.CloseAsync(key);
        await Sessions.CloseAsync(other with { Resource = "tablet" });

        Assert.Equal([other], Keys(await Sessions.GetServerSessionsAsync(Server)));
    }

    // unique_count
    [Fact]
    public async Task Unique_users_are_counted_once_for_all_their_sessions()
    {
        Assert.Equal(0, await Sessions.CountUniqueUsersAsync());
        await Open("alice", "phone");
        await Open("alice", "laptop");
        await Open("bob", "phone");
        await Open("alice", "phone", "example.org");

        Assert.Equal(3, await Sessions.CountUniqueUsersAsync());
        Assert.Equal(4, await Sessions.CountAsync());
    }

    [Fact]
    public async Task Sessions_are_counted_by_the_silo_that_opened_them()
    {
        Assert.Empty(await Sessions.CountBySiloAsync());
        var key = await Open("alice", "phone");
        await Open("bob", "phone");

        Assert.Equal([new KeyValuePair<string, long>(key.Id.Silo, 2)], await Sessions.CountBySiloAsync());
    }

    // session_info_is_stored
    [Fact]
    public async Task What_a_session_carries_is_stored_with_it()
    {
        var record = s_record with
        {
            Priority = -128,
            Connection = ConnectionType.WebSocket,
            Info = new Dictionary<string, string> { ["client"] = "ünïcode", ["empty"] = "" },
        };
        var key = await Sessions.OpenAsync(Server, "alice", "phone", record);

        var stored = (await Sessions.GetAsync(key))!.Value.Record;
        Assert.Equal(record.Info, stored.Info);
        Assert.Equal(record with { Info = null }, stored with { Info = null });
    }

    [Fact]
    public async Task A_session_without_any_information_is_stored()
    {
        var key = await Sessions.OpenAsync(Server, "alice", "phone", new SessionRecord());

        Assert.Equal(new SessionRecord(), (await Sessions.GetAsync(key))!.Value.Record);
    }

    // clean_up_with_colon_in_resource: characters that are separators elsewhere are data here.
    [Theory]
    [InlineData("a.b#c", "re:source/1:2@3")]
    [InlineData("алиса", "телефон 📱")]
    [InlineData("a", " ")]
    public async Task Names_may_hold_what_separates_elsewhere(string user, string resource)
    {
        var key = await Open(user, resource);

        Assert.Equal([key], Keys(await Sessions.GetFullJidSessionsAsync(Server, user, resource)));
        await Sessions.CloseAsync(key);
        Assert.Equal(0, await Sessions.CountAsync());
    }

    [Fact]
    public async Task Many_sessions_are_opened_in_one_call_and_their_keys_come_in_order()
    {
        SessionRequest[] requests =
        [
            new(Server, "bob", "phone", s_record),
            new(Server, "alice", "phone", s_record),
            new(Server, "Bob", "phone", s_record with { Priority = 6 }),
        ];

        var keys = await Sessions.OpenManyAsync(requests);

        Assert.Equal(["bob", "alice", "bob"], keys.Select(key => key.User));
        Assert.Equal(2, await Sessions.CountAsync());
        Assert.Equal([keys[2]], Keys(await Sessions.GetFullJidSessionsAsync(Server, "bob", "phone")));
        Assert.Equal(6, (await Sessions.GetAsync(keys[2]))!.Value.Record.Priority);
        Assert.Empty(await Sessions.OpenManyAsync([]));
    }

    [Fact]
    public async Task Ids_of_parallel_opens_are_unique()
    {
        const int callers = 16;
        const int opensPerCaller = 200;

        var opened = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var ids = new List<SessionId>();
            for (var open = 0; open < opensPerCaller; open += 2)
            {
                ids.Add((await Open($"user{caller}-{open}", "phone")).Id);
                var many = await Sessions.OpenManyAsync([new(Server, $"user{caller}-{open}", "laptop", s_record)]);
                ids.Add(many[0].Id);
            }

            return ids;
        })));

        Assert.All(opened, ids => Assert.Equal(ids.Order(), ids));
        Assert.Equal(callers * opensPerCaller, opened.SelectMany(ids => ids).Distinct().Count());
        Assert.Equal(callers * opensPerCaller, await Sessions.CountAsync());
    }

    protected static IEnumerable<SessionKey> Keys(IReadOnlyList<Session> sessions) => sessions.Select(session => session.Key);

    protected ValueTask<SessionKey> Open(string user, string resource, string server = Server) =>
        Sessions.OpenAsync(server, user, resource, s_record);
}
