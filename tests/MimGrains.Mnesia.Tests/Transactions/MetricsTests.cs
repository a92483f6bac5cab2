using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Mnesia.Metrics;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tests.Transactions;

/// <summary>What became of the transactions of a silo, and which nodes there are, is measured.</summary>
public sealed class MetricsTests(BankCluster cluster) : IClassFixture<BankCluster>, IDisposable
{
    private readonly ConcurrentDictionary<string, long> _seen = new();
    private readonly List<MeterListener> _listeners = [];

    public void Dispose() => _listeners.ForEach(listener => listener.Dispose());

    [Fact]
    public async Task Outcomes_are_counted_by_reason()
    {
        Listen(cluster.Services(0).GetRequiredService<IMeterFactory>());
        var transactions = cluster.Transactions(0);
        await transactions.TransactionAsync(transaction => transaction.WriteAsync(BankCluster.Tallies, "a", new Counter(1)).AsTask());
        await Assert.ThrowsAsync<TransactionAbortedException>(() => transactions.TransactionAsync(transaction =>
        {
            transaction.Abort("no");
            return Task.CompletedTask;
        }));
        await Assert.ThrowsAsync<InvalidDataException>(() =>
            transactions.TransactionAsync(_ => Task.FromException(new InvalidDataException())));
        await Assert.ThrowsAsync<TransactionTimeoutException>(() => transactions.TransactionAsync(
            transaction => Task.Delay(Timeout.Infinite, transaction.CancellationToken), new() { Timeout = TimeSpan.FromMilliseconds(50) }));
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => transactions.TransactionAsync(
            transaction => Task.Delay(Timeout.Infinite, transaction.CancellationToken), null, cancelled.Token));
        await RestartAsync(transactions);

        Assert.True(_seen["mimgrains.transaction.committed"] >= 2);
        Assert.Equal(1, _seen["mimgrains.transaction.aborted requested"]);
        Assert.Equal(1, _seen["mimgrains.transaction.aborted error"]);
        Assert.Equal(1, _seen["mimgrains.transaction.aborted timeout"]);
        Assert.Equal(1, _seen["mimgrains.transaction.aborted cancelled"]);
        Assert.True(_seen["mimgrains.transaction.restarted"] >= 1);
    }

    [Fact]
    public void One_in_doubt_is_not_counted_as_aborted()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        using var metrics = new MnesiaMetrics(meters, null!);
        Listen(meters);
        metrics.OnFailed(new TransactionInDoubtException(new("t"), "its decider is silent"));
        metrics.OnFailed(new TransactionAbortedException(new("t"), AbortReason.TooManyRestarts, ""));
        metrics.OnFailed(new PersistentTableUnavailableException("t", "is not loaded"));
        Assert.Equal(
            [
                "mimgrains.transaction.aborted table_unavailable",
                "mimgrains.transaction.aborted too_many_restarts",
                "mimgrains.transaction.in_doubt",
            ],
            _seen.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_silo_tells_the_two_gauges_of_mongooseim()
    {
        for (var silo = 0; silo < 3; silo++)
        {
            Listen(cluster.Services(silo).GetRequiredService<IMeterFactory>()).RecordObservableInstruments();
            Assert.Equal((3, 3), (_seen["mnesia_info.running_db_nodes"], _seen["mnesia_info.db_nodes"]));
            _seen.Clear();
        }
    }

    // The younger one, which has a lock itself, meets the lock of the older one.
    private static async Task RestartAsync(ITransactions transactions)
    {
        var isHeld = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isRefused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var older = transactions.TransactionAsync(async transaction =>
        {
            await transaction.ReadForWriteAsync(BankCluster.Tallies, "contended");
            isHeld.TrySetResult();
            await isRefused.Task;
        });
        await isHeld.Task;
        var younger = transactions.TransactionAsync(async transaction =>
        {
            await transaction.ReadForWriteAsync(BankCluster.Tallies, "own");
            try
            {
                await transaction.ReadForWriteAsync(BankCluster.Tallies, "contended");
            }
            finally
            {
                isRefused.TrySetResult();
            }
        });
        await Task.WhenAll(older, younger);
    }

    private MeterListener Listen(IMeterFactory meters)
    {
        var own = meters.Create(MnesiaMetrics.MeterName);
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, source) =>
            {
                if (instrument.Meter == own)
                {
                    source.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _seen.AddOrUpdate(
            tags.Length > 0 ? $"{instrument.Name} {tags[0].Value}" : instrument.Name, value, (_, before) => before + value));
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => _seen[instrument.Name] = value);
        listener.Start();
        _listeners.Add(listener);
        return listener;
    }
}
