using Microsoft.Extensions.DependencyInjection;
using MimGrains.Core.Identity;
using MimGrains.Mnesia.Fragments;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tests.Transactions;

/// <summary>What transactions promise when silos die.</summary>
public sealed class DeathTests : IAsyncLifetime
{
    private readonly BankCluster _bank = new();

    public Task InitializeAsync() => _bank.InitializeAsync();

    public Task DisposeAsync() => _bank.DisposeAsync();

    [Fact]
    public async Task Nothing_is_lost_or_half_done_when_the_silo_of_a_fragment_is_killed()
    {
        await _bank.FillAsync();
        var victim = _bank.HolderOf(BankCluster.Balances.Name, 0);
        var (first, second) = ((victim + 1) % 3, (victim + 2) % 3);
        ITransactions[] survivors = [_bank.Transactions(first), _bank.Transactions(second)];
        var done = 0;
        using var enough = new CancellationTokenSource();
        var workers = Enumerable.Range(0, 4).Select(async worker =>
        {
            var random = new Random(worker);
            while (!enough.IsCancellationRequested)
            {
                await BankCluster.TransferAsync(survivors[worker % 2], random);
                await survivors[worker % 2].TransactionAsync(async transaction =>
                    await transaction.UpdateCounterAsync(BankCluster.Tallies, $"done{worker}", 1));
                Interlocked.Increment(ref done);
            }
        }).ToList();
        await WaitUntilAsync(() => Volatile.Read(ref done) > 20);

        await _bank.Cluster.KillSiloAsync(_bank.Cluster.Silos[victim]);
        var before = Volatile.Read(ref done);
        await WaitUntilAsync(() => Volatile.Read(ref done) > before + 40);
        await enough.CancelAsync();
        await Task.WhenAll(workers);

        foreach (var survivor in survivors)
        {
            Assert.Equal(BankCluster.Accounts * BankCluster.FirstBalance, await BankCluster.SumAsync(survivor));
            Assert.Equal(done, await survivor.TransactionAsync(async transaction =>
                await transaction.FoldAsync(BankCluster.Tallies, 0L, (sum, entry) => sum + entry.Record.Value)));
        }
    }

    [Fact]
    public async Task A_fragment_of_a_killed_silo_is_taken_over_although_a_table_was_made_since()
    {
        await _bank.FillAsync();
        var victim = _bank.HolderOf(BankCluster.Balances.Name, 0);
        var survivor = _bank.Services((victim + 1) % 3);
        var dead = new ReplicaId(_bank.Cluster.Silos[victim].SiloAddress.ToParsableString());
        await _bank.Cluster.KillSiloAsync(_bank.Cluster.Silos[victim]);
        var directory = survivor.GetRequiredService<FragmentDirectory>();
        await WaitUntilAsync(() => directory.IsDead(dead));

        // It has not heard of the death when it comes, and never would.
        await survivor.GetRequiredService<IPersistentTables>().CreateAsync(
            new PersistentTableDefinition<string, Counter>("made-since") { Storage = StorageType.Ram });
        Assert.Equal(
            BankCluster.Accounts * BankCluster.FirstBalance, await BankCluster.SumAsync(survivor.GetRequiredService<ITransactions>()));
    }

    [Fact]
    public async Task The_locks_of_a_killed_coordinator_are_free_soon()
    {
        await _bank.FillAsync();
        var holder = _bank.HolderOf(BankCluster.Balances.Name, 0);
        var victim = (holder + 1) % 3;
        var survivor = _bank.Transactions(holder);
        var holds = new TaskCompletionSource();
        _ = _bank.Transactions(victim).TransactionAsync(async transaction =>
        {
            await transaction.LockTableAsync(BankCluster.Balances, LockKind.Write);
            holds.SetResult();
            await Task.Delay(Timeout.Infinite, transaction.CancellationToken);
        });
        await holds.Task;

        await _bank.Cluster.KillSiloAsync(_bank.Cluster.Silos[victim]);
        await BankCluster.TransferAsync(survivor, 0, 1, 5).WaitAsync(FragmentHost.Lease - TimeSpan.FromSeconds(5));
        Assert.Equal(BankCluster.Accounts * BankCluster.FirstBalance, await BankCluster.SumAsync(survivor));
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        using var expiry = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (!condition())
        {
            await Task.Delay(10, expiry.Token);
        }
    }
}
