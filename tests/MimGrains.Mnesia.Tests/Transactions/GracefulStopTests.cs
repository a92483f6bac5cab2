using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tests.Transactions;

/// <summary>What transactions promise when a silo stops in good order.</summary>
public sealed class GracefulStopTests : IAsyncLifetime
{
    // Of a transaction that meets the stop. Some tens of milliseconds on a machine that has nothing else to do.
    private static readonly TimeSpan StallMost = TimeSpan.FromSeconds(4);

    private readonly BankCluster _bank = new()
    {
        Configure = services =>
        {
            services.AddSingleton<ILoggerProvider, ErrorLog>();
            services.AddSingleton<BeforeTablesClose>();
            services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
                provider => provider.GetRequiredService<BeforeTablesClose>());
        },
    };

    public Task InitializeAsync() => _bank.InitializeAsync();

    public Task DisposeAsync() => _bank.DisposeAsync();

    [Fact]
    public async Task Transactions_go_on_while_the_silo_of_fragments_stops()
    {
        await _bank.FillAsync();
        var leaver = _bank.HolderOf(BankCluster.Balances.Name, 0);
        var services = _bank.Services(leaver);
        IServiceProvider[] stayers = [_bank.Services((leaver + 1) % 3), _bank.Services((leaver + 2) % 3)];
        ITransactions[] transactions = [.. stayers.Select(stayer => stayer.GetRequiredService<ITransactions>())];
        var seen = services.GetRequiredService<BeforeTablesClose>();
        var log = services.GetServices<ILoggerProvider>().OfType<ErrorLog>().Single();
        var held = services.GetRequiredService<FragmentRegistry>().Hosts.Select(host => host.Id).ToList();
        var done = 0;
        var stalls = new ConcurrentQueue<TimeSpan>();
        using var enough = new CancellationTokenSource();
        var workers = Enumerable.Range(0, 4).Select(async worker =>
        {
            var random = new Random(worker);
            while (!enough.IsCancellationRequested)
            {
                var started = Stopwatch.GetTimestamp();
                await BankCluster.TransferAsync(transactions[worker % 2], random);
                stalls.Enqueue(Stopwatch.GetElapsedTime(started));
                Interlocked.Increment(ref done);
            }
        }).ToList();
        await WaitUntilAsync(() => Volatile.Read(ref done) > 20, workers);

        await _bank.Cluster.StopSiloAsync(_bank.Cluster.Silos[leaver]);
        var before = Volatile.Read(ref done);
        await WaitUntilAsync(() => Volatile.Read(ref done) > before + 40, workers);
        await enough.CancelAsync();
        await Task.WhenAll(workers);

        // While its tables were still open, none was left, all of them answered elsewhere, and the silo itself could go on with them.
        Assert.Empty(seen.Held!);
        Assert.Null(seen.Failure);
        Assert.All(held, fragment => Assert.Contains(
            stayers, stayer => stayer.GetRequiredService<FragmentRegistry>().Find(fragment) is not null));

        // Orleans' streams may log that they look for a replica of the silo that is gone.
        Assert.DoesNotContain(log.Errors, error => error.Contains("fragment", StringComparison.OrdinalIgnoreCase));
        Assert.True(stalls.Max() < StallMost, $"A transaction took {stalls.Max()}.");
        Assert.Equal(BankCluster.Accounts * BankCluster.FirstBalance, await BankCluster.SumAsync(transactions[0]));
    }

    // A worker that fails says more than that nothing goes on.
    private static async Task WaitUntilAsync(Func<bool> condition, List<Task> workers)
    {
        using var expiry = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await await Task.WhenAny(workers.Append(Task.Delay(10, expiry.Token)));
        }
    }

    /// <summary>Looks at a silo that stops just before its replicated tables close.</summary>
    private sealed class BeforeTablesClose(IServiceProvider services) : ILifecycleParticipant<ISiloLifecycle>
    {
        public IReadOnlyList<FragmentId>? Held { get; private set; }

        public Exception? Failure { get; private set; }

        public void Participate(ISiloLifecycle observer) => observer.Subscribe(
            nameof(BeforeTablesClose), ServiceLifecycleStage.Active + 110, _ => Task.CompletedTask, StopAsync);

        private async Task StopAsync(CancellationToken cancellationToken)
        {
            Held = [.. services.GetRequiredService<FragmentRegistry>().Hosts.Select(host => host.Id)];
            if (!cancellationToken.IsCancellationRequested)
            {
                Failure = await Record.ExceptionAsync(() =>
                    BankCluster.TransferAsync(services.GetRequiredService<ITransactions>(), 0, 1, 1).WaitAsync(StallMost, cancellationToken));
            }
        }
    }

    private sealed class ErrorLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Errors { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Errors.Enqueue($"{formatter(state, exception)} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
