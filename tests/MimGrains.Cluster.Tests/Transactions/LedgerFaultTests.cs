using System.Diagnostics;
using MimGrains.Persistent;
using MimGrains.TestSilo;
using MimGrains.TestSupport;
using Xunit.Abstractions;
using static MimGrains.Persistent.StorageType;

namespace MimGrains.Cluster.Tests.Transactions;

/// <summary>
/// Transactions on three silo processes over PostgreSQL, while silos are killed with -9. No committed transaction is lost and
/// none is half done; all of them together are serializable.
/// </summary>
[Trait("Category", "Chaos")]
public sealed class LedgerFaultTests(PostgresServer postgres, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    // As in Fragments/FragmentHost.cs: so long a coordinator that is not heard of may keep its locks.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static readonly int Rounds = Environment.GetEnvironmentVariable("MIMGRAINS_LONG") == "1" ? 15 : 2;

    [Fact]
    public async Task Nothing_is_lost_when_the_silo_of_a_fragment_is_killed()
    {
        await using var cluster = await LedgerCluster.StartAsync(await postgres.CreateDatabaseAsync(), output, Ram, Disc, DiscOnly);
        await cluster.MoreAsync(20, LedgerCluster.All, Ram, Disc, DiscOnly);
        for (var round = 0; round < Rounds; round++)
        {
            // Every kind of storage in turn: what is in memory only has to be on the silos that are left.
            var victim = await cluster.HolderAsync((StorageType)((round + 1) % 3), round % 3);
            int[] others = [.. LedgerCluster.All.Where(silo => silo != victim)];
            var watch = Stopwatch.StartNew();
            await cluster.Load.KillAsync(victim);
            await cluster.MoreAsync(20, others, Ram, Disc, DiscOnly);
            output.WriteLine($"20 writes of each kind, by both survivors, {watch.ElapsedMilliseconds} ms after the kill.");
            await cluster.RestartAsync(victim);
            await cluster.MoreAsync(20, LedgerCluster.All, Ram, Disc, DiscOnly);
        }

        await cluster.CheckAsync();
    }

    [Fact]
    public async Task The_locks_of_a_killed_coordinator_are_free_soon_and_nothing_is_half_done()
    {
        await using var cluster = await LedgerCluster.StartAsync(await postgres.CreateDatabaseAsync(), output, Ram, Disc);
        await cluster.MoreAsync(20, LedgerCluster.All, Ram, Disc);
        var victim = await cluster.HolderAsync(Disc, 0);
        AccountName[] held = [new(Ram, "held"), new(Disc, "held")];
        _ = cluster.Load.LedgerOf(victim).HoldAsync(held, TimeSpan.FromMinutes(5));
        var survivor = (victim + 1) % 3;
        await Eventually.HoldsAsync(
            async () => (await cluster.Load.RunAsync(survivor, Touch(held), TimeSpan.FromSeconds(1))).End,
            end => end == LedgerEnd.Aborted,
            "the locks to be taken");

        await cluster.Load.KillAsync(victim);
        var free = await cluster.Load.RunAsync(survivor, Touch(held), Lease - TimeSpan.FromSeconds(5));
        Assert.Equal(LedgerEnd.Committed, free.End);
        await cluster.RestartAsync(victim);
        await cluster.MoreAsync(20, LedgerCluster.All, Ram, Disc);
        await cluster.CheckAsync();
    }

    private static LedgerStep[] Touch(AccountName[] accounts) =>
        [.. accounts.Select(account => new LedgerStep(account, 0, IsUpgrade: false))];
}
