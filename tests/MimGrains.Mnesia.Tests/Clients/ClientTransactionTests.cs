using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Mnesia.Tests.Transactions;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tests.Clients;

/// <summary>Transactions of Orleans clients: what those of silos promise, and what is their own.</summary>
public sealed class ClientTransactionTests(BankCluster bank) : TransactionContract(bank)
{
    private readonly ITransactions _transactions = new ServiceCollection()
        .AddSingleton<IGrainFactory>(bank.Cluster.Client)
        .AddTransactionsClient()
        .AddTransactionsClient()
        .BuildServiceProvider()
        .GetRequiredService<ITransactions>();

    [Fact]
    public async Task A_search_goes_over_all_pages_and_sees_its_own_writes()
    {
        const int records = 2_100;
        await _transactions.TransactionAsync(async transaction =>
        {
            for (var number = 0; number < records; number++)
            {
                await transaction.WriteAsync(BankCluster.Tallies, $"{number:0000}", new Counter(number));
            }
        });

        await _transactions.TransactionAsync(async transaction =>
        {
            await transaction.WriteAsync(BankCluster.Tallies, "9999", new Counter(700));
            await transaction.DeleteAsync(BankCluster.Tallies, "0000");
            Assert.Equal(["0700", "1400", "9999"], await PagedAsync(transaction, limit: 2));
            Assert.Equal(["0700", "1400", "9999"], await PagedAsync(transaction, limit: 3));
            var found = await transaction.SelectAsync(BankCluster.Tallies, IsMultiple, KeyRange.GreaterThan("1000"));
            Assert.Equal(["1400", "9999"], found.Select(entry => entry.Key));
            Assert.Equal(records, (await transaction.AllKeysAsync(BankCluster.Tallies)).Count);
            Assert.Equal("0002", (await transaction.NextAsync(BankCluster.Tallies, "0001"))!.Value.Key);
            Assert.Equal("2099", (await transaction.PreviousAsync(BankCluster.Tallies, "9999"))!.Value.Key);
        });

        static bool IsMultiple(TableEntry<string, Counter> entry) => entry.Record.Value % 700 == 0;

        static async Task<List<string>> PagedAsync(ITransaction transaction, int limit)
        {
            List<string> keys = [];
            string? continuation = null;
            do
            {
                var page = await transaction.SelectPageAsync(BankCluster.Tallies, limit, continuation, IsMultiple);
                Assert.InRange(page.Entries.Count, 0, limit);
                keys.AddRange(page.Entries.Select(entry => entry.Key));
                continuation = page.Continuation;
            }
            while (continuation is not null);
            return keys;
        }
    }

    [Fact]
    public async Task The_body_of_a_client_is_run_again_when_it_must_not_wait()
    {
        await Bank.FillAsync();
        var holds = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        var older = Bank.Transactions(0).TransactionAsync(async transaction =>
        {
            await transaction.ReadForWriteAsync(BankCluster.Balances, "5");
            holds.SetResult();
            await mayEnd.Task;
        });
        await holds.Task;

        // It ends when the younger one was refused.
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "mimgrains.transaction.restarted" && Bank.Cluster.Silos.Any(
                    silo => silo.ServiceProvider.GetRequiredService<IMeterFactory>() == instrument.Meter.Scope))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => mayEnd.TrySetResult());
        listener.Start();
        List<(int Attempt, TransactionId Id)> runs = [];
        var younger = _transactions.TransactionAsync(async transaction =>
        {
            runs.Add((transaction.Attempt, transaction.Id));
            await transaction.UpdateCounterAsync(BankCluster.Balances, "6", 1);
            try
            {
                await transaction.ReadForWriteAsync(BankCluster.Balances, "5");
            }
            catch (Exception) when (runs.Count == 1)
            {
                throw new FormatException("What a body makes of it does not count.");
            }
        });
        await older;
        await younger;

        Assert.Equal([1, 2], runs.Select(run => run.Attempt));
        Assert.Single(runs.Select(run => run.Id).Distinct());
        Assert.True(Bank.Table(0).TryGet("6", out var six));
        Assert.Equal(BankCluster.FirstBalance + 1, six.Value);
    }

    [Fact]
    public async Task A_write_that_the_silo_refuses_ends_the_transaction_although_the_body_goes_on()
    {
        await Bank.FillAsync();
        var unknown = new PersistentTableDefinition<string, Counter>("unknown");
        await Assert.ThrowsAsync<NoSuchTableException>(() => _transactions.TransactionAsync(async transaction =>
        {
            await transaction.WriteAsync(BankCluster.Balances, "0", new Counter(1));
            await transaction.WriteAsync(unknown, "k", new Counter(1));
            await transaction.WriteAsync(BankCluster.Balances, "1", new Counter(1));
        }));

        Assert.Equal(BankCluster.Accounts * BankCluster.FirstBalance, await BankCluster.SumAsync(Bank.Transactions(1)));
    }

    [Fact]
    public async Task A_cancelled_call_is_aborted_and_leaves_no_lock()
    {
        await Bank.FillAsync();
        using var cancelling = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _transactions.TransactionAsync(
            async transaction =>
            {
                await transaction.UpdateCounterAsync(BankCluster.Balances, "0", 1);
                await cancelling.CancelAsync();
                await transaction.ReadAsync(BankCluster.Balances, "1");
            },
            cancellationToken: cancelling.Token));

        Assert.Equal(BankCluster.FirstBalance, (await Bank.Transactions(2).TransactionAsync(
            async transaction => await transaction.ReadForWriteAsync(BankCluster.Balances, "0"),
            new TransactionOptions { Timeout = TimeSpan.FromSeconds(5) }))!.Value);
    }

    [Fact]
    public async Task A_body_that_goes_on_after_its_operation_was_cancelled_is_not_committed()
    {
        await Bank.FillAsync();
        using var cancelling = new CancellationTokenSource();
        var mayEnd = new TaskCompletionSource();
        var holder = Task.CompletedTask;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _transactions.TransactionAsync(
            async transaction =>
            {
                await transaction.UpdateCounterAsync(BankCluster.Balances, "0", 1);
                holder = await HoldAsync("1", mayEnd.Task);
                var waiting = transaction.ReadForWriteAsync(BankCluster.Balances, "1").AsTask();
                await cancelling.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            },
            cancellationToken: cancelling.Token));

        mayEnd.SetResult();
        await holder;
        Assert.Equal(BankCluster.Accounts * BankCluster.FirstBalance, await BankCluster.SumAsync(Bank.Transactions(1)));
    }

    // Returns when a transaction of a silo, younger than those that have begun, has the lock of an account.
    private async Task<Task> HoldAsync(string account, Task until)
    {
        var holds = new TaskCompletionSource();
        var holder = Bank.Transactions(0).TransactionAsync(async transaction =>
        {
            await transaction.ReadForWriteAsync(BankCluster.Balances, account);
            holds.SetResult();
            await until;
        });
        await holds.Task;
        return holder;
    }

    [Fact]
    public async Task A_body_that_takes_too_long_is_aborted()
    {
        await Bank.FillAsync();
        await Assert.ThrowsAsync<TransactionTimeoutException>(() => _transactions.TransactionAsync(
            async transaction =>
            {
                await transaction.UpdateCounterAsync(BankCluster.Balances, "0", 1);
                await Task.Delay(Timeout.Infinite, transaction.CancellationToken);
            },
            new TransactionOptions { Timeout = TimeSpan.FromMilliseconds(200) }));
        Assert.Equal(BankCluster.Accounts * BankCluster.FirstBalance, await BankCluster.SumAsync(Bank.Transactions(1)));
    }

    protected override ITransactions Transactions(int caller) => _transactions;
}
