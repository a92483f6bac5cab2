using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Tables;
using Orleans.TestingHost;

namespace MimGrains.Cets.Tests;

/// <summary>What silos log when some of them stop in good order, one after the other.</summary>
public sealed class CleanStopTests : IAsyncLifetime
{
    private const string Name = "written";
    private const int Stops = 3;
    private const int WritersPerSilo = 4;

    private readonly ErrorLog _log = new();
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(initialSilosCount: Stops + 2);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddReplicatedTable(new TableDefinition<string, string>(Name));
            silo.UseReplicatedTables(options => options.HeartbeatPeriod = TimeSpan.FromMilliseconds(100));
        });
        builder.ConfigureSiloHost((_, host) => host.Services.AddSingleton<ILoggerProvider>(_log));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public Task DisposeAsync() => _cluster.DisposeAsync().AsTask();

    [Fact]
    public async Task Nobody_logs_an_error_when_silos_stop_while_the_others_write()
    {
        var stayers = _cluster.Silos.Take(2).ToList();
        var written = 0;
        using var enough = new CancellationTokenSource();
        var writers = stayers.SelectMany(silo => Enumerable.Range(0, WritersPerSilo).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; !enough.IsCancellationRequested; i++)
            {
                await TableCluster.Table<string, string>(silo, Name).InsertAsync($"{writer} {i % 100}", "x");
                Interlocked.Increment(ref written);
            }
        }))).ToList();
        foreach (var leaver in _cluster.Silos.Skip(2).ToList())
        {
            await UntilMoreAsync();
            await _cluster.StopSiloAsync(leaver);
        }

        await UntilMoreAsync();
        await enough.CancelAsync();
        await Task.WhenAll(writers);
        Assert.True(_log.Errors.IsEmpty, string.Join("\n", _log.Errors));
        Assert.True((await TableCluster.Table<string, string>(stayers[0], Name).VerifyAsync()).AreEqual);

        async Task UntilMoreAsync()
        {
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            for (var before = Volatile.Read(ref written); Volatile.Read(ref written) < before + 200;)
            {
                await await Task.WhenAny(writers.Append(Task.Delay(5, late.Token)));
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
                Errors.Enqueue($"{eventId}: {formatter(state, exception)} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
