using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MimGrains.Persistent;
using MimGrains.Tables;
using Orleans.Runtime;
using Xunit;

namespace MimGrains.Sessions.Tests;

/// <summary>Sessions of a dead silo in a persistent table: the hooks of each run once, whenever it arrives and whoever cleans up.</summary>
public sealed class EndedSessionsTests
{
    private const string Dead = "127.0.0.1:1@1";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly MemoryTable<string, CleanupClaim> _claims = new(CleanupTable.Definition);
    private readonly MemoryPersistentTable<SessionKey, SessionRecord> _sessions = new(PersistentSessionTable.Definition);
    private readonly MemoryPersistentTable<SessionKey, SessionRecord> _ended = new(EndedSessions.Definition);
    private readonly MemoryTransactions _transactions;
    private readonly Survivor _first;
    private readonly Survivor _second;

    public EndedSessionsTests()
    {
        _transactions = new MemoryTransactions(_sessions, _ended);
        (_first, _second) = (new Survivor(this, 2), new Survivor(this, 3));
    }

    [Fact]
    public async Task A_session_that_arrives_after_the_first_clean_up_is_cleaned_up_after_by_the_second_call()
    {
        await _sessions.WriteAsync(Key("m"), new SessionRecord());
        await _first.TakeAsync();
        Assert.Equal([Key("m")], await _first.NextAsync(1));

        // One before and one after the session that was the last.
        await _sessions.WriteAsync(Key("a"), new SessionRecord());
        await _sessions.WriteAsync(Key("z"), new SessionRecord());
        await _first.TakeAsync();

        Assert.Equal([Key("a"), Key("z")], await _first.NextAsync(2));
        Assert.Equal(0, _sessions.Count);
    }

    [Fact]
    public async Task Another_survivor_cleans_up_after_a_session_that_arrives_when_the_first_is_done()
    {
        await _sessions.WriteAsync(Key("m"), new SessionRecord());
        await _first.CleanUpAsync();
        await _sessions.WriteAsync(Key("a"), new SessionRecord());

        await _second.CleanUpAsync();

        Assert.Equal([Key("m")], _first.Cleaned);
        Assert.Equal([Key("a")], _second.Cleaned);
        Assert.Equal(0, _ended.Count);
    }

    [Fact]
    public async Task A_late_write_of_a_session_that_is_done_runs_its_hooks_no_second_time()
    {
        await _sessions.WriteAsync(Key("m"), new SessionRecord());
        await _first.CleanUpAsync();
        await _sessions.WriteAsync(Key("m"), new SessionRecord { Priority = 1 });

        await _first.CleanUpAsync();

        Assert.Equal([Key("m")], _first.Cleaned);
        Assert.Equal(0, _sessions.Count + _ended.Count);
    }

    [Fact]
    public async Task A_delete_that_fails_after_the_hooks_runs_them_no_second_time()
    {
        await AddAsync(5);
        _first.Cleanup.OnCleanUp = () => _transactions.NextError = new TransactionTimeoutException(new("1"), Patience, "the lock");

        await _first.CleanUpAsync();

        Assert.Equal(5, _first.Cleaned.Count());
        Assert.Equal(0, _ended.Count);
    }

    [Fact]
    public async Task The_rest_is_left_to_another_survivor_when_the_cleaner_dies()
    {
        await AddAsync(15);
        await _claims.InsertAsync(Dead, new CleanupClaim(_first.Silo, null, IsDone: false));

        var cleaning = _second.CleanUpAsync();
        Assert.Empty(_second.Cleaned);
        _second.Cleaner.OnDeath(_first.Silo);
        await cleaning.WaitAsync(Patience);

        Assert.Equal(15, _second.Cleaned.Count());
        Assert.Equal(0, _ended.Count);
        Assert.True(_claims.TryGet(Dead, out var claim) && claim == new CleanupClaim(_second.Silo, null, IsDone: true));
    }

    [Fact]
    public async Task Two_survivors_that_clean_up_at_once_run_the_hooks_of_each_session_once()
    {
        await AddAsync(35);

        await Task.WhenAll(Task.Run(_first.CleanUpAsync), Task.Run(_second.CleanUpAsync)).WaitAsync(Patience);

        Assert.Equal(35, _first.Cleaned.Concat(_second.Cleaned).Count());
        Assert.Equal(35, _first.Cleaned.Concat(_second.Cleaned).Distinct().Count());
        Assert.Equal(0, _sessions.Count + _ended.Count);
    }

    private async Task AddAsync(int count)
    {
        for (var number = 0; number < count; number++)
        {
            await _sessions.WriteAsync(Key($"u{number:00}"), new SessionRecord());
        }
    }

    private static SessionKey Key(string user) => new("example.com", user, "r", new SessionId(1, Dead));

    private sealed class Survivor
    {
        private readonly EndedSessionsTests _test;
        private readonly ServiceProvider _services;

        public Survivor(EndedSessionsTests test, int number)
        {
            _test = test;
            var address = SiloAddress.New(IPAddress.Loopback, number, 1);
            Silo = address.ToParsableString();
            Cleaner = new SessionCleaner(
                test._claims, new LocalSessions.Details(address), new SessionHooks([Cleanup], [], NullLogger<SessionHooks>.Instance),
                new SiloDeaths(), Options.Create(new SessionOptions { CleanupStep = 10 }), TimeProvider.System,
                NullLogger<SessionCleaner>.Instance);
            Ended = new EndedSessions(test._ended, test._transactions, Cleaner, TimeProvider.System, NullLogger<EndedSessions>.Instance);
            _services = new ServiceCollection().AddSingleton(Ended).BuildServiceProvider();
        }

        public string Silo { get; }

        public RecordingCleanup Cleanup { get; } = new();

        public SessionCleaner Cleaner { get; }

        public EndedSessions Ended { get; }

        public IEnumerable<SessionKey> Cleaned => Cleanup.Ended.Select(ended => ended.Session.Key);

        private PersistentNodeDownEvent<SessionKey, SessionRecord> Down => new(_test._sessions, _test._transactions, Dead, _services);

        public Task TakeAsync() => EndedSessions.TakeAsync(Down, CancellationToken.None);

        public async Task CleanUpAsync()
        {
            await Ended.MoveAsync(Down, CancellationToken.None);
            await Ended.CleanUpAsync(Dead);
        }

        public async Task<IEnumerable<SessionKey>> NextAsync(int count)
        {
            var keys = new List<SessionKey>();
            while (keys.Count < count)
            {
                keys.Add((await Cleanup.NextAsync().AsTask().WaitAsync(Patience)).Session.Key);
            }

            return keys.Order();
        }
    }
}
