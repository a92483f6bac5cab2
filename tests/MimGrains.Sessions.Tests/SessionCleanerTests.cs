using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MimGrains.Tables;
using Orleans.Runtime;
using Xunit;

namespace MimGrains.Sessions.Tests;

/// <summary>Survivors that share a table of claims: each session of a dead silo is cleaned up once.</summary>
public sealed class SessionCleanerTests
{
    private const int Step = 10;
    private const string Dead = "127.0.0.1:1@1";

    private readonly MemoryTable<string, CleanupClaim> _claims = new(CleanupTable.Definition);

    [Fact]
    public async Task One_of_three_survivors_cleans_up_after_each_session()
    {
        var survivors = Enumerable.Range(2, 3).Select(number => new Survivor(_claims, number)).ToList();
        var sessions = Sessions(35);

        await Task.WhenAll(survivors.Select(survivor => survivor.Cleaner.CleanUpAsync(Dead, sessions)));

        var cleaned = survivors.SelectMany(survivor => survivor.Cleanup.Ended).Select(ended => ended.Session.Key).ToList();
        Assert.Equal(sessions.Select(session => session.Key), cleaned.Order());
        Assert.Single(survivors, survivor => survivor.Cleanup.Ended.Count == 35);
        Assert.All(survivors.SelectMany(survivor => survivor.Cleanup.Ended), ended => Assert.Equal(SessionEndReason.SiloDied, ended.End.Reason));
    }

    [Fact]
    public async Task Another_one_goes_on_after_the_last_step_when_the_cleaner_dies()
    {
        var first = new Survivor(_claims, 2);
        var second = new Survivor(_claims, 3);
        var sessions = Sessions(35);
        await _claims.InsertAsync(Dead, new CleanupClaim(first.Silo, sessions[19].Key, IsDone: false));

        var cleaning = second.Cleaner.CleanUpAsync(Dead, sessions);
        Assert.Empty(second.Cleanup.Ended);
        second.Cleaner.OnNodeDown(new(null!, first.Silo, [], null!));
        await cleaning.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(sessions.Skip(20).Select(session => session.Key), second.Cleanup.Ended.Select(ended => ended.Session.Key).Order());
        Assert.True(_claims.TryGet(Dead, out var claim) && claim == new CleanupClaim(second.Silo, sessions[34].Key, IsDone: true));
    }

    [Fact]
    public async Task A_survivor_that_hears_of_the_death_late_finds_it_done()
    {
        var first = new Survivor(_claims, 2);
        var late = new Survivor(_claims, 3);
        await first.Cleaner.CleanUpAsync(Dead, Sessions(5));
        await late.Cleaner.CleanUpAsync(Dead, Sessions(5));
        Assert.Equal(5, first.Cleanup.Ended.Count);
        Assert.Empty(late.Cleanup.Ended);
    }

    [Fact]
    public async Task A_survivor_that_stops_leaves_the_rest_to_the_others()
    {
        var stopping = new Survivor(_claims, 2);
        stopping.Cleaner.Stop();
        await stopping.Cleaner.CleanUpAsync(Dead, Sessions(5));
        Assert.Empty(stopping.Cleanup.Ended);
    }

    private static IReadOnlyList<TableEntry<SessionKey, SessionRecord>> Sessions(int count) =>
        [.. Enumerable.Range(0, count).Select(number => new TableEntry<SessionKey, SessionRecord>(
            new SessionKey("example.com", $"u{number:00}", "r", new SessionId(number, Dead)), new SessionRecord()))];

    private sealed class Survivor
    {
        public Survivor(MemoryTable<string, CleanupClaim> claims, int number)
        {
            var address = SiloAddress.New(IPAddress.Loopback, number, 1);
            Silo = address.ToParsableString();
            Cleaner = new SessionCleaner(
                claims, new LocalSessions.Details(address), new SessionHooks([Cleanup], [], NullLogger<SessionHooks>.Instance),
                new SiloDeaths(), Options.Create(new SessionOptions { CleanupStep = Step }), TimeProvider.System,
                NullLogger<SessionCleaner>.Instance);
        }

        public string Silo { get; }

        public RecordingCleanup Cleanup { get; } = new();

        public SessionCleaner Cleaner { get; }
    }
}
