using Xunit;

namespace MimGrains.Sessions.Tests;

// Pages, and arguments outside of their limits.
public abstract partial class SessionManagerContract
{
    public static TheoryData<string, string> BadNames() => new()
    {
        { "", "empty" },
        { "a\u0000b", "U+0000 at index 1" },
        { "tab\t", "U+0009 at index 3" },
        { "\u007F", "U+007F at index 0" },
        { "\u0085", "U+0085 at index 0" },
        { new string('x', 1_024), "has 1024" },
        { new string('é', 512), "has 1024" },
    };

    [Fact]
    public async Task Pages_hold_each_session_of_a_server_once_in_order()
    {
        var keys = await Sessions.OpenManyAsync(
            [.. Enumerable.Range(0, 25).Select(user => new SessionRequest(Server, $"user{user:00}", "phone", s_record))]);
        await Open("another", "phone", "example.net");

        var read = new List<SessionKey>();
        IReadOnlyList<Session> page = await Sessions.GetServerSessionsAsync(Server, limit: 10);
        while (page.Count > 0)
        {
            Assert.True(page.Count == 10 || read.Count == 20);
            read.AddRange(Keys(page));
            page = await Sessions.GetServerSessionsAsync(Server, read[^1], 10);
        }

        Assert.Equal(keys, read);
    }

    [Fact]
    public async Task A_page_goes_on_after_a_session_that_was_closed_meanwhile()
    {
        var alice = await Open("alice", "phone");
        var bob = await Open("bob", "phone");

        var first = await Sessions.GetServerSessionsAsync(Server, limit: 1);
        await Sessions.CloseAsync(alice);

        Assert.Equal([alice], Keys(first));
        Assert.Equal([bob], Keys(await Sessions.GetServerSessionsAsync(Server, alice, 1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(10_001)]
    public async Task A_page_limit_out_of_range_is_refused_by_its_value(int limit)
    {
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await Sessions.GetServerSessionsAsync(Server, null, limit));
        Assert.Contains($"1 to 10000, but {limit}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_after_a_session_of_another_server_is_refused()
    {
        var key = await Open("alice", "phone", "example.org");

        var error = await Assert.ThrowsAsync<ArgumentException>(
            async () => await Sessions.GetServerSessionsAsync(Server, key));
        Assert.Contains("'example.org'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BadNames))]
    public async Task A_bad_name_is_refused_by_argument_and_value(string bad, string found)
    {
        await Refused("server", () => Sessions.OpenAsync(bad, "alice", "phone", s_record));
        await Refused("user", () => Sessions.OpenAsync(Server, bad, "phone", s_record));
        await Refused("resource", () => Sessions.OpenAsync(Server, "alice", bad, s_record));
        Assert.Equal(0, await Sessions.CountAsync());

        async Task Refused(string argument, Func<ValueTask<SessionKey>> open)
        {
            var error = await Assert.ThrowsAnyAsync<ArgumentException>(async () => await open());
            Assert.Equal(argument, error.ParamName);
            Assert.Contains(found, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact] // Not in the theory above: the test runner cannot pass half of a pair on.
    public async Task A_name_with_half_of_a_surrogate_pair_is_refused()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(
            async () => await Sessions.OpenAsync(Server, "half\uD83D", "phone", s_record));
        Assert.Equal("user", error.ParamName);
        Assert.Contains(@"'half\uD83D' holds half of a surrogate pair at index 4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_of_the_greatest_length_are_accepted()
    {
        var key = await Open(new string('x', 1_023), new string('€', 341));

        Assert.NotNull(await Sessions.GetAsync(key));
    }

    [Fact]
    public async Task Many_are_refused_whole_when_one_is_bad()
    {
        var error = await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Sessions.OpenManyAsync(
            [new(Server, "alice", "phone", s_record), new(Server, "bob", "a\nb", s_record)]));

        Assert.Contains("Request 1 of 2", error.Message, StringComparison.Ordinal);
        Assert.Contains(@"resource 'a\u000Ab'", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await Sessions.CountAsync());
    }

    [Fact]
    public async Task More_than_the_most_in_one_call_are_refused()
    {
        var requests = Enumerable.Repeat(new SessionRequest(Server, "alice", "phone", s_record), 10_001).ToArray();

        var error = await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Sessions.OpenManyAsync(requests));
        Assert.Contains("10001 were given", error.Message, StringComparison.Ordinal);
        var keys = await Sessions.OpenManyAsync(requests[1..]);
        Assert.Equal(10_000, keys.Count);
        Assert.Equal([keys[^1]], Keys(await Sessions.GetUserSessionsAsync(Server, "alice")));
    }

    [Fact]
    public async Task A_record_out_of_range_is_refused_by_its_value()
    {
        await Refused(s_record with { Priority = 128 }, "128");
        await Refused(s_record with { Priority = -129 }, "-129");
        await Refused(s_record with { Port = 65_536 }, "65536");
        await Refused(s_record with { Port = -1 }, "-1");
        await Refused(s_record with { Address = null! }, "null");
        await Assert.ThrowsAsync<ArgumentNullException>(
            async () => await Sessions.OpenAsync(Server, "alice", "phone", null!));

        async Task Refused(SessionRecord record, string found)
        {
            var error = await Assert.ThrowsAsync<ArgumentException>(
                async () => await Sessions.OpenAsync(Server, "alice", "phone", record));
            Assert.Contains($"but {found} was given", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Reads_refuse_empty_names()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Sessions.GetUserSessionsAsync("", "alice"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Sessions.GetUserSessionsAsync(Server, ""));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Sessions.GetFullJidSessionsAsync(Server, "alice", ""));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Sessions.GetServerSessionsAsync(""));
    }

    [Fact]
    public async Task A_target_that_names_no_grain_is_refused()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(
            async () => await Sessions.OpenAsync(Server, "alice", "phone", s_record with { Target = "nothing" }));
        Assert.Contains("'nothing'", error.Message, StringComparison.Ordinal);
    }
}
