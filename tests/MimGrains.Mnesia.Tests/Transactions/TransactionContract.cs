using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tests.Transactions;

/// <summary>What transactions promise while all silos live, whoever runs them.</summary>
public abstract class TransactionContract(BankCluster bank) : IClassFixture<BankCluster>
{
    protected BankCluster Bank => bank;

    /// <summary>Returns the transactions of one of three callers.</summary>
    protected abstract ITransactions Transactions(int caller);

    [Fact]
    public async Task What_is_committed_on_one_silo_is_read_on_the_others()
    {
        await bank.FillAsync();
        await BankCluster.TransferAsync(Transactions(1), 0, 1, 30);

        var (first, second) = await Transactions(2).TransactionAsync(async transaction => (
            await transaction.ReadAsync(BankCluster.Balances, "0"), await transaction.ReadAsync(BankCluster.Balances, "1")));
        Assert.Equal((70, 130), (first!.Value, second!.Value));
    }

    [Fact]
    public async Task A_sync_transaction_is_everywhere_when_it_returns()
    {
        for (var turn = 0; turn < 20; turn++)
        {
            await Transactions(turn % 3).SyncTransactionAsync(async transaction =>
            {
                await transaction.WriteAsync(BankCluster.Balances, "sync-a", new Counter(turn));
                await transaction.WriteAsync(BankCluster.Balances, "sync-b", new Counter(turn));
            });
            for (var silo = 0; silo < 3; silo++)
            {
                Assert.True(bank.Table(silo).TryGet("sync-a", out var first) && first.Value == turn);
                Assert.True(bank.Table(silo).TryGet("sync-b", out var second) && second.Value == turn);
            }
        }
    }

    [Fact]
    public async Task Concurrent_transfers_lose_nothing_and_every_sum_is_right()
    {
        await bank.FillAsync();
        var transfers = Enumerable.Range(0, 6).Select(async worker =>
        {
            var random = new Random(worker);
            for (var turn = 0; turn < 40; turn++)
            {
                await BankCluster.TransferAsync(Transactions(worker % 3), random);
            }
        }).ToList();
        var sums = Enumerable.Range(0, 3).Select(async silo =>
        {
            List<long> seen = [];
            while (!Task.WhenAll(transfers).IsCompleted)
            {
                seen.Add(await BankCluster.SumAsync(Transactions(silo)));
            }

            return seen;
        }).ToList();

        await Task.WhenAll(transfers);
        Assert.All((await Task.WhenAll(sums)).SelectMany(seen => seen), sum =>
            Assert.Equal(BankCluster.Accounts * BankCluster.FirstBalance, sum));
    }

    [Fact]
    public async Task No_addition_to_a_counter_is_lost_in_any_kind_of_activity()
    {
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async worker =>
        {
            var transactions = Transactions(worker % 3);
            for (var turn = 0; turn < 20; turn++)
            {
                if (worker % 2 == 0)
                {
                    await transactions.TransactionAsync(async activity =>
                        await activity.UpdateCounterAsync(BankCluster.Balances, "hits", 1));
                }
                else
                {
                    await transactions.AsyncDirtyAsync(async activity =>
                        await activity.UpdateCounterAsync(BankCluster.Balances, "hits", 1));
                }
            }
        }));

        var hits = await Transactions(0).TransactionAsync(async transaction =>
            await transaction.ReadAsync(BankCluster.Balances, "hits"));
        Assert.Equal(120, hits!.Value);
    }

    [Fact]
    public async Task A_transaction_sees_what_it_has_written_in_reads_searches_and_index_reads()
    {
        await bank.FillAsync();
        await Transactions(0).TransactionAsync(async transaction =>
        {
            await transaction.WriteAsync(BankCluster.Balances, "0", new Counter(5_000));
            await transaction.WriteAsync(BankCluster.Balances, "own", new Counter(5_000));
            await transaction.DeleteAsync(BankCluster.Balances, "1");

            Assert.Equal(5_000, (await transaction.ReadAsync(BankCluster.Balances, "0"))!.Value);
            Assert.Null(await transaction.ReadAsync(BankCluster.Balances, "1"));
            var rich = await transaction.IndexReadAsync(BankCluster.Balances, BankCluster.ByValue, 5_000L);
            Assert.Equal(["0", "own"], rich.Select(entry => entry.Key));
            var keys = await transaction.AllKeysAsync(BankCluster.Balances);
            Assert.Contains("own", keys);
            Assert.DoesNotContain("1", keys);
            Assert.Equal(keys.Order(StringComparer.Ordinal), keys);
            Assert.Equal(keys[0], (await transaction.FirstAsync(BankCluster.Balances))!.Value.Key);
            Assert.Equal(keys[^1], (await transaction.LastAsync(BankCluster.Balances))!.Value.Key);
            await transaction.DeleteAsync(BankCluster.Balances, "own");
            Assert.Null(await transaction.ReadAsync(BankCluster.Balances, "own"));
        });
    }

    [Fact]
    public async Task What_throws_leaves_nothing_and_is_thrown_as_it_is()
    {
        await bank.FillAsync();
        var aborted = await Assert.ThrowsAsync<TransactionAbortedException>(() => Transactions(0).TransactionAsync(
            async transaction =>
            {
                await transaction.WriteAsync(BankCluster.Balances, "0", new Counter(1));
                transaction.Abort("no funds");
            }));
        await Assert.ThrowsAsync<FormatException>(() => Transactions(0).TransactionAsync(async transaction =>
        {
            await transaction.WriteAsync(BankCluster.Balances, "0", new Counter(2));
            throw new FormatException();
        }));

        Assert.Equal((AbortReason.Requested, "no funds"), (aborted.Reason, aborted.Detail));
        Assert.Equal(100, (await Transactions(1).TransactionAsync(async transaction =>
            await transaction.ReadAsync(BankCluster.Balances, "0")))!.Value);
    }

    [Fact]
    public async Task A_nested_transaction_that_is_aborted_leaves_the_one_around_it_as_it_was()
    {
        await bank.FillAsync();
        await Transactions(0).TransactionAsync(async outer =>
        {
            await outer.WriteAsync(BankCluster.Balances, "0", new Counter(1));
            await Assert.ThrowsAsync<TransactionAbortedException>(() => outer.TransactionAsync(async inner =>
            {
                await inner.WriteAsync(BankCluster.Balances, "0", new Counter(2));
                await inner.WriteAsync(BankCluster.Balances, "1", new Counter(2));
                Assert.Equal(2, (await inner.ReadAsync(BankCluster.Balances, "0"))!.Value);
                inner.Abort("never mind");
            }));
            Assert.Equal(1, (await outer.ReadAsync(BankCluster.Balances, "0"))!.Value);
            await outer.TransactionAsync(async inner => await inner.WriteAsync(BankCluster.Balances, "2", new Counter(3)));
        });

        var read = await Transactions(1).TransactionAsync(async transaction => new[]
        {
            (await transaction.ReadAsync(BankCluster.Balances, "0"))!.Value,
            (await transaction.ReadAsync(BankCluster.Balances, "1"))!.Value,
            (await transaction.ReadAsync(BankCluster.Balances, "2"))!.Value,
        });
        Assert.Equal([1, 100, 3], read);
    }

    [Fact]
    public async Task Who_counts_before_inserting_never_inserts_too_many()
    {
        const int most = 5;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Transactions(worker % 3).TransactionAsync(async transaction =>
        {
            var found = await transaction.SelectAsync(
                BankCluster.Balances, entry => entry.Key.StartsWith("guest", StringComparison.Ordinal));
            if (found.Count < most)
            {
                await transaction.WriteAsync(BankCluster.Balances, $"guest{worker}", new Counter(1));
            }
        })));

        var guests = await Transactions(0).TransactionAsync(async transaction => await transaction.SelectAsync(
            BankCluster.Balances, entry => entry.Key.StartsWith("guest", StringComparison.Ordinal)));
        Assert.Equal(most, guests.Count);
    }

    [Fact]
    public async Task A_name_is_locked_by_one_at_a_time()
    {
        var inside = 0;
        await Task.WhenAll(Enumerable.Range(0, 9).Select(worker => Transactions(worker % 3).TransactionAsync(async transaction =>
        {
            await transaction.LockNameAsync("the door", LockKind.Write);
            Assert.Equal(1, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        })));
    }

    [Fact]
    public async Task A_bag_keeps_several_records_of_a_key_each_once()
    {
        await Transactions(0).TransactionAsync(async transaction =>
        {
            await transaction.WriteAsync(BankCluster.Bag, "k", new Counter(1));
            await transaction.WriteAsync(BankCluster.Bag, "k", new Counter(2));
            await transaction.WriteAsync(BankCluster.Bag, "k", new Counter(2));
        });
        await Transactions(1).TransactionAsync(async transaction =>
        {
            await transaction.DeleteObjectAsync(BankCluster.Bag, "k", new Counter(1));
            await transaction.WriteAsync(BankCluster.Bag, "k", new Counter(3));
            var records = await transaction.ReadAllAsync(BankCluster.Bag, "k");
            Assert.Equal([2, 3], records.Select(record => record.Value).Order());
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await transaction.ReadAsync(BankCluster.Bag, "k"));
        });
    }

    [Fact]
    public async Task Dirty_writes_are_there_when_they_return()
    {
        await Transactions(0).SyncDirtyAsync(async activity =>
        {
            await activity.WriteAsync(BankCluster.Balances, "dirty", new Counter(7));
            return true;
        });

        Assert.All(Enumerable.Range(0, 3), silo => Assert.True(bank.Table(silo).TryGet("dirty", out _)));
        await bank.Table(1).DeleteAsync("dirty");
        Assert.Null(await Transactions(2).TransactionAsync(async transaction =>
            await transaction.ReadAsync(BankCluster.Balances, "dirty")));
    }

    [Fact]
    public async Task A_transaction_that_takes_too_long_is_aborted_and_says_what_it_waited_for()
    {
        await bank.FillAsync();
        var holds = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        var holder = Transactions(0).TransactionAsync(async transaction =>
        {
            await transaction.ReadForWriteAsync(BankCluster.Balances, "3");
            holds.SetResult();
            await mayEnd.Task;
        });
        await holds.Task;

        var late = await Assert.ThrowsAsync<TransactionTimeoutException>(() => Transactions(1).TransactionAsync(
            async transaction => await transaction.ReadAsync(BankCluster.Balances, "3"),
            new TransactionOptions { Timeout = TimeSpan.FromMilliseconds(200) }));
        Assert.Contains("a lock in balances/", late.WaitedFor, StringComparison.Ordinal);
        mayEnd.SetResult();
        await holder;
    }

    [Fact]
    public async Task A_transaction_in_a_transaction_is_refused()
    {
        Assert.False(Transactions(0).IsInTransaction);
        await Transactions(0).TransactionAsync(async _ =>
        {
            Assert.True(Transactions(0).IsInTransaction);
            await Assert.ThrowsAsync<InvalidOperationException>(() => BankCluster.SumAsync(Transactions(0)));
        });
        Assert.False(Transactions(0).IsInTransaction);
    }

    [Fact]
    public async Task Who_must_not_wait_starts_again_as_often_as_it_may()
    {
        await bank.FillAsync();
        var holds = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        var older = Transactions(0).TransactionAsync(async transaction =>
        {
            await transaction.ReadForWriteAsync(BankCluster.Balances, "5");
            holds.SetResult();
            await mayEnd.Task;
        });
        await holds.Task;

        // Holds a lock, and wants that of an older one.
        var refused = await Assert.ThrowsAsync<TransactionAbortedException>(() => Transactions(1).TransactionAsync(
            ReadTwo, new TransactionOptions { Retries = 0 }));
        Assert.Equal(AbortReason.TooManyRestarts, refused.Reason);
        var younger = Transactions(1).TransactionAsync(ReadTwo);
        mayEnd.SetResult();
        await older;
        Assert.InRange(await younger, 1, 2);

        static async Task<int> ReadTwo(ITransaction transaction)
        {
            await transaction.ReadForWriteAsync(BankCluster.Balances, "6");
            await transaction.ReadForWriteAsync(BankCluster.Balances, "5");
            return transaction.Attempt;
        }
    }

    [Fact]
    public async Task What_became_of_a_transaction_can_be_asked_on_every_silo()
    {
        TransactionId committed = default;
        TransactionId aborted = default;
        await Transactions(0).TransactionAsync(async transaction =>
        {
            committed = transaction.Id;
            await transaction.WriteAsync(BankCluster.Balances, "asked", new Counter(1));
        });
        await Assert.ThrowsAsync<TransactionAbortedException>(() => Transactions(0).TransactionAsync(transaction =>
        {
            aborted = transaction.Id;
            transaction.Abort("no");
            return Task.CompletedTask;
        }));

        for (var silo = 0; silo < 3; silo++)
        {
            Assert.Equal(TransactionOutcome.Committed, await Transactions(silo).OutcomeAsync(committed));
            Assert.Equal(TransactionOutcome.Aborted, await Transactions(silo).OutcomeAsync(aborted));
        }

        await Assert.ThrowsAsync<ArgumentException>(() => Transactions(0).OutcomeAsync(new TransactionId("nonsense")));
    }
}
