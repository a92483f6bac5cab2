using System.Diagnostics;
using MimGrains.Persistent;
using MimGrains.TestSilo;
using MimGrains.TestSupport;
using Xunit.Abstractions;
using static MimGrains.Persistent.StorageType;

namespace MimGrains.Cluster.Tests.Transactions;

/// <summary>
/// Transactions on three silo processes, while PostgreSQL is stopped as by a crash, in the middle of commits, and comes back; and
/// while everything is killed at once. What was committed is there, nothing is half done, and the silos go on by themselves.
/// </summary>
[Trait("Category", "Chaos")]
public sealed class LedgerOutageTests(StoppablePostgres postgres, ITestOutputHelper output) : IClassFixture<StoppablePostgres>
{
    private static readonly int Rounds = Environment.GetEnvironmentVariable("MIMGRAINS_LONG") == "1" ? 15 : 2;

    [Fact]
    public async Task A_database_that_stops_in_mid_commit_loses_nothing_and_writes_resume_when_it_is_back()
    {
        await using var cluster = await LedgerCluster.StartAsync(await postgres.CreateDatabaseAsync(), output, Ram, Disc, DiscOnly);
        for (var round = 0; round < Rounds; round++)
        {
            await cluster.MoreAsync(20, LedgerCluster.All, Ram, Disc, DiscOnly);
            await postgres.StopAtOnceAsync();
            var silo = round % 3;
            var stored = await cluster.Load.RunAsync(silo, [new LedgerStep(new(Disc, "a0"), 0, IsUpgrade: false)], TimeSpan.FromSeconds(1));
            Assert.NotEqual(LedgerEnd.Committed, stored.End);
            Assert.NotNull(await cluster.Reader(silo, Disc).GetAsync("a0"));
            // What is in memory only goes on, apart from accounts that wait with others for the database.
            var free = await cluster.Load.RunAsync(silo, [new LedgerStep(new(Ram, "free"), 0, IsUpgrade: false)]);
            Assert.Equal(LedgerEnd.Committed, free.End);

            await postgres.StartAgainAsync();
            var watch = Stopwatch.StartNew();
            await cluster.MoreAsync(1, LedgerCluster.All, Disc, DiscOnly);
            output.WriteLine($"All silos write again {watch.ElapsedMilliseconds} ms after the database was back.");
        }

        await cluster.CheckAsync();
    }

    [Fact]
    public async Task What_is_committed_is_there_after_everything_was_killed_at_once()
    {
        await using var cluster = await LedgerCluster.StartAsync(await postgres.CreateDatabaseAsync(), output, Disc, DiscOnly);
        for (var round = 0; round < Rounds; round++)
        {
            await cluster.MoreAsync(20, LedgerCluster.All, Disc, DiscOnly);
            // The database as well, every other time: before the silos, so that they are killed while they ask it.
            if (round % 2 == 0)
            {
                await postgres.StopAtOnceAsync();
            }

            await cluster.Load.KillAsync(LedgerCluster.All);
            if (round % 2 == 0)
            {
                await postgres.StartAgainAsync();
            }

            await cluster.RestartAsync(LedgerCluster.All);
        }

        await cluster.MoreAsync(20, LedgerCluster.All, Disc, DiscOnly);
        await cluster.CheckAsync();
    }
}
