using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cluster.Tests.Processes;
using MimGrains.Persistent;
using MimGrains.TestSilo;
using MimGrains.Histories;
using Orleans;
using Xunit.Abstractions;

namespace MimGrains.Cluster.Tests.Transactions;

/// <summary>
/// Clients of all silos that move money between accounts, write versions of several accounts, and read them, as fast as they are
/// answered, until they are stopped. Every sum that is read must be what was paid in.
/// </summary>
internal sealed class LedgerLoad(IReadOnlyList<SiloMachine> silos, IReadOnlyList<StorageType> storages) : IAsyncDisposable
{
    public const long FirstBalance = 1_000;
    private const int AccountsOfStorage = 6;
    private const int WorkersOfSilo = 4;

    private static readonly TimeSpan TransactionTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RefusedPause = TimeSpan.FromMilliseconds(50);

    private readonly AccountName[] _accounts =
    [
        .. storages.SelectMany(storage =>
            Enumerable.Range(0, AccountsOfStorage).Select(number => new AccountName(storage, $"a{number}"))),
    ];

    private readonly ConcurrentDictionary<int, (CancellationTokenSource Stop, Task Running)> _workers = [];
    private readonly Dictionary<(int Silo, StorageType Storage), int> _written = [];
    private readonly ConcurrentQueue<(LedgerTransaction Transaction, TransactionId Id)> _inDoubt = new();
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LedgerHistory History { get; } = new();

    /// <summary>Pays in, and starts the clients.</summary>
    public async Task StartAsync()
    {
        var paid = await RunAsync(0, [.. _accounts.Select(name => new LedgerStep(name, FirstBalance, IsUpgrade: false))]);
        Assert.Equal(LedgerEnd.Committed, paid.End);
        for (var silo = 0; silo < silos.Count; silo++)
        {
            StartWorkers(silo);
        }
    }

    /// <summary>Starts the clients of a silo.</summary>
    public void StartWorkers(int silo)
    {
        var stop = new CancellationTokenSource();
        var seed = silo * WorkersOfSilo;
        _workers[silo] = (stop, Task.WhenAll(Enumerable.Range(seed, WorkersOfSilo)
            .Select(worker => Task.Run(() => WorkAsync(silo, new Random(worker), stop.Token)))));
    }

    /// <summary>Kills silos at once and waits for nothing that their clients have asked for.</summary>
    public async Task KillAsync(params int[] killed)
    {
        foreach (var silo in killed)
        {
            silos[silo].Process.KillHard();
        }

        foreach (var silo in killed)
        {
            await StopWorkersAsync(silo);
            await silos[silo].KillAsync();
        }
    }

    /// <summary>Completes when clients of a silo have committed so many more writes of each kind of storage.</summary>
    public async Task MoreAsync(int count, int silo, params StorageType[] kinds)
    {
        var wanted = kinds.ToDictionary(kind => kind, kind => WrittenBy(silo, kind) + count);
        while (wanted.Any(kind => WrittenBy(silo, kind.Key) < kind.Value))
        {
            Task progress;
            lock (_written)
            {
                progress = _progress.Task;
            }

            await await Task.WhenAny(progress, _workers[silo].Running).WaitAsync(Eventually.Patience);
        }
    }

    /// <summary>Stops all clients, reads all accounts through each silo, and checks the whole history.</summary>
    public async Task CheckAsync(ITestOutputHelper output)
    {
        await Task.WhenAll(_workers.Keys.Select(StopWorkersAsync));
        await AskInDoubtAsync();
        LedgerTransaction? last = null;
        for (var silo = 0; silo < silos.Count; silo++)
        {
            last = await RunAsync(silo, [.. _accounts.Select(name => new LedgerStep(name, null, IsUpgrade: false))]);
            Assert.Equal(LedgerEnd.Committed, last.End);
        }

        output.WriteLine($"{History}, {_inDoubt.Count} in doubt.");
        History.Check(last!);
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_workers.Keys.Select(StopWorkersAsync));

    /// <summary>Runs one transaction through a silo, and notes what comes of it.</summary>
    public async Task<LedgerTransaction> RunAsync(
        int silo, IReadOnlyList<LedgerStep> steps, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var transaction = History.Begin(steps);
        try
        {
            var ledger = LedgerOf(silo);
            transaction.Found = await ledger.RunAsync(new LedgerRequest(transaction.Id, [.. steps], timeout ?? TransactionTimeout))
                .WaitAsync(cancellationToken);
            (transaction.EndMicros, transaction.End) = (LedgerHistory.NowMicros, LedgerEnd.Committed);
            Count(silo, transaction);
        }
        catch (TransactionInDoubtException doubt)
        {
            _inDoubt.Enqueue((transaction, doubt.Id));
        }
        catch (Exception exception) when (exception is TransactionAbortedException or TransactionTimeoutException)
        {
            transaction.End = LedgerEnd.Aborted;
        }
        catch (Exception exception) when (exception is Orleans.Runtime.OrleansException or TimeoutException or OperationCanceledException
            or PersistentTableUnavailableException)
        {
            // Whoever was asked is gone, or on its way: nobody has said what came of it.
        }

        if (transaction.Found.Count == _accounts.Length && transaction.Found.Sum(read => read.Account?.Balance ?? 0) is var sum
            && !steps.Any(step => step.Amount is not null) && sum != _accounts.Length * FirstBalance)
        {
            throw new InvariantException($"{transaction} has read {sum} in all, not {_accounts.Length * FirstBalance}.");
        }

        return transaction;
    }

    /// <summary>Returns the transactions of a silo.</summary>
    public ILedgerGrain LedgerOf(int silo) => silos[silo].Client.GetRequiredService<IGrainFactory>().GetGrain<ILedgerGrain>(0);

    private int WrittenBy(int silo, StorageType storage)
    {
        lock (_written)
        {
            return _written.GetValueOrDefault((silo, storage));
        }
    }

    private void Count(int silo, LedgerTransaction transaction)
    {
        lock (_written)
        {
            foreach (var storage in transaction.Written.Select(name => name.Storage).Distinct())
            {
                _written[(silo, storage)] = _written.GetValueOrDefault((silo, storage)) + 1;
            }

            _progress.TrySetResult();
            _progress = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task WorkAsync(int silo, Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if ((await RunAsync(silo, Steps(random), cancellationToken: stop)).End == LedgerEnd.Unknown)
            {
                await Task.Delay(RefusedPause, CancellationToken.None);
            }
        }
    }

    private LedgerStep[] Steps(Random random)
    {
        var storage = storages[random.Next(storages.Count)];
        AccountName[] some = random.Next(2) == 0 ? [.. _accounts] : [.. _accounts.Where(name => name.Storage == storage)];
        random.Shuffle(some);
        var amount = random.Next(1, 20);
        var isUpgrade = random.Next(4) == 0;
        return random.Next(20) switch
        {
            0 => [.. _accounts.Select(name => new LedgerStep(name, null, IsUpgrade: false))],
            < 4 => [.. some.Take(3).Select(name => new LedgerStep(name, null, IsUpgrade: false))],
            < 8 => [.. some.Take(random.Next(1, 4)).Select(name => new LedgerStep(name, 0, isUpgrade))],
            _ => [new LedgerStep(some[0], -amount, isUpgrade), new LedgerStep(some[1], amount, isUpgrade)],
        };
    }

    private async Task StopWorkersAsync(int silo)
    {
        if (_workers.TryRemove(silo, out var workers))
        {
            await workers.Stop.CancelAsync();
            await workers.Running.WaitAsync(Eventually.Patience);
            workers.Stop.Dispose();
        }
    }

    // Whoever decides is back, or another one is in its place: now it can be known.
    private async Task AskInDoubtAsync()
    {
        foreach (var (transaction, id) in _inDoubt)
        {
            var outcome = await LedgerOf(0).OutcomeAsync(id);
            (transaction.IsSaidToBeCommitted, transaction.End) =
                (outcome == TransactionOutcome.Committed, outcome == TransactionOutcome.Aborted ? LedgerEnd.Aborted : LedgerEnd.Unknown);
        }
    }
}
