using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MimGrains.Tables;
using Orleans.Runtime;
using Xunit;

namespace MimGrains.Sessions.Tests;

public sealed class LocalSessionManagerTests : SessionManagerContract
{
    private static readonly SiloAddress s_silo = SiloAddress.New(IPAddress.Loopback, 11_111, 7);

    private readonly MemoryTable<SessionKey, SessionRecord> _table = new(SessionTable.Definition);
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddSeconds(1));

    public LocalSessionManagerTests() => Sessions =
        new LocalSessionManager(_table, new Silo(), _time, NullLogger<LocalSessionManager>.Instance);

    protected override ISessionManager Sessions { get; }

    [Fact]
    public async Task Ids_are_the_time_in_microseconds_and_the_silo()
    {
        var key = await Open("alice", "phone");

        Assert.Equal(new SessionId(1_000_000, s_silo.ToParsableString()), key.Id);
    }

    [Fact]
    public async Task Ids_grow_while_the_clock_stands_still_or_goes_back()
    {
        var first = await Open("alice", "phone");
        var many = await Sessions.OpenManyAsync(
            [.. Enumerable.Repeat(new SessionRequest(Server, "alice", "phone", new()), 3)]);
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

    private sealed class Silo : ILocalSiloDetails
    {
        public string Name => "test";

        public string ClusterId => "test";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => s_silo;

        public SiloAddress GatewayAddress => s_silo;
    }
}
