using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Cases;

namespace MimGrains.Benchmarks.Harness;

/// <summary>How to run cases.</summary>
internal sealed record RunSettings(int Silos, int Runs, TimeSpan Warmup, TimeSpan Window, string? Postgres);

/// <summary>Runs cases one after the other, and prints one line of JSON per run.</summary>
internal sealed class CaseRunner(RunSettings settings, Progress progress, TextWriter output) : IAsyncDisposable
{
    private const int MaxWarmUpRuns = 8;

    // Fewer methods than that compiled in a run: the code that counts is as good as it gets.
    private const int QuietMethods = 100;
    private readonly HashSet<IBenchmarkCase> _warm = [];
    private BenchmarkCluster? _cluster;

    /// <summary>Returns how many cases failed. A failed one ends its cluster; the next starts with a new one.</summary>
    public async Task<int> RunAsync(IReadOnlyList<IBenchmarkCase> cases, CancellationToken cancellationToken)
    {
        var failed = 0;
        foreach (var benchmark in cases)
        {
            try
            {
                await RunAsync(benchmark, cancellationToken);
            }
#pragma warning disable CA1031 // One case that fails, however it does, must not take the others with it.
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                failed++;
                progress.Say($"FAILED {benchmark.Name}: {error}\n{_cluster?.Diagnose()}");
                await DropClusterAsync();
            }
        }

        return failed;
    }

    public async ValueTask DisposeAsync() => await DropClusterAsync();

    private async Task RunAsync(IBenchmarkCase benchmark, CancellationToken cancellationToken)
    {
        for (var run = 1; run <= settings.Runs; run++)
        {
            var cluster = await ClusterForAsync(benchmark, cancellationToken);
            var load = new MachineLoad();
            var fields = await progress.WatchAsync(
                $"{benchmark.Name}, run {run} of {settings.Runs}",
                benchmark.RunAsync(cluster, settings, cancellationToken));
            var line = new JsonObject
            {
                ["peer"] = "mimgrains", ["case"] = benchmark.Name, ["run"] = run, ["silos"] = cluster.Silos.Count,
            };
            foreach (var (name, value) in fields)
            {
                line[name] = value is JsonValue number && number.TryGetValue<double>(out var exact)
                    ? Math.Round(exact, 2)
                    : value?.DeepClone();
            }

            load.AddTo(line);
            await output.WriteLineAsync(line.ToJsonString());
            await output.FlushAsync(cancellationToken);
        }
    }

    private async Task<BenchmarkCluster> ClusterForAsync(IBenchmarkCase benchmark, CancellationToken cancellationToken)
    {
        var setup = benchmark.SetupOf(settings);
        if (_cluster is { } old && !benchmark.NeedsNewCluster && old.Setup == setup && old.Records == benchmark.LoadedRecords)
        {
            await WarmUpAsync(benchmark, old, cancellationToken);
            return old;
        }

        await DropClusterAsync();
        _cluster = await BenchmarkCluster.StartAsync(setup, progress, cancellationToken);
        if (benchmark.LoadedRecords > 0)
        {
            await _cluster.LoadAsync(benchmark.LoadedRecords, cancellationToken);
            await _cluster.CollectAsync(cancellationToken);
        }

        await WarmUpAsync(benchmark, _cluster, cancellationToken);
        return _cluster;
    }

    // A silo on a server has run for long; what its compiler does in the first minute is not what a case asks for.
    private async Task WarmUpAsync(
        IBenchmarkCase benchmark, BenchmarkCluster cluster, CancellationToken cancellationToken)
    {
        if (!benchmark.WarmUpRunNeeded || !_warm.Add(benchmark))
        {
            return;
        }

        for (var run = 1; run <= MaxWarmUpRuns; run++)
        {
            var before = await cluster.CompiledAsync(cancellationToken);
            await progress.WatchAsync(
                $"{benchmark.Name}, run {run} in these processes, not counted",
                benchmark.RunAsync(cluster, settings, cancellationToken));
            var after = await cluster.CompiledAsync(cancellationToken);
            var compiled = after.Zip(before, (now, then) => now - then).Max();
            progress.Say($"{compiled} methods compiled meanwhile");
            if (compiled < QuietMethods)
            {
                return;
            }
        }
    }

    private async Task DropClusterAsync()
    {
        _warm.Clear();
        if (_cluster is { } cluster)
        {
            _cluster = null;
            await cluster.DisposeAsync();
        }
    }
}
