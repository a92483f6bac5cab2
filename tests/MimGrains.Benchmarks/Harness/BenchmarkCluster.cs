using System.Diagnostics;
using MimGrains.Benchmarks.Client;
using MimGrains.Benchmarks.Silo;
using MimGrains.Configuration;
using MimGrains.ProcessSupport;

namespace MimGrains.Benchmarks.Harness;

/// <summary>A silo process of the cluster under test.</summary>
/// <param name="Client">Asks it to do things.</param>
/// <param name="Ready">What it said when it had all tables; its ticks of <see cref="Stopwatch"/> are those of all processes.</param>
internal sealed record BenchmarkSilo(JsonLineClient Client, SiloReady Ready)
{
    /// <summary>Returns its address, as <c>SiloAddress.ToParsableString()</c>.</summary>
    public string Address => Ready.Address;
}

/// <summary>What a cluster is made of.</summary>
/// <param name="Silos">How many are started before the case begins.</param>
/// <param name="Listed">How many are in the node list then.</param>
/// <param name="Discovery">How they find each other.</param>
/// <param name="Postgres">The database, for <see cref="ClusterDiscovery.PersistentPostgres"/>.</param>
/// <param name="Sessions">What the sessions are kept in.</param>
internal sealed record ClusterSetup(
    int Silos, int Listed, ClusterDiscovery Discovery, string? Postgres = null, InternalDatabase Sessions = InternalDatabase.Cets);

/// <summary>
/// Silo processes on loopback that share a SQLite file, or a list of nodes, in a folder of their own. Disposing kills them.
/// </summary>
internal sealed class BenchmarkCluster : IAsyncDisposable
{
    private const int LoadBatchRecords = 1_000;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan QuickTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LoadTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(5);
    private readonly TempFolder _folder = new("mimgrains-bench-");
    private readonly List<SiloProcess> _processes = [];
    private readonly List<int[]> _ports = [];
    private readonly List<BenchmarkSilo> _silos = [];
    private readonly Progress _progress;
    private JsonLineClient? _client;

    private BenchmarkCluster(ClusterSetup setup, Progress progress) => (Setup, _progress) = (setup, progress);

    /// <summary>Returns what it was made of.</summary>
    public ClusterSetup Setup { get; }

    /// <summary>Returns the silos, the measured one first.</summary>
    public IReadOnlyList<BenchmarkSilo> Silos => _silos;

    /// <summary>Returns how many records of <see cref="SessionData.ReadServer"/> are loaded.</summary>
    public long Records { get; private set; }

    /// <summary>Starts a cluster; returns when every silo sees all of them.</summary>
    public static async Task<BenchmarkCluster> StartAsync(
        ClusterSetup setup, Progress progress, CancellationToken cancellationToken)
    {
        var cluster = new BenchmarkCluster(setup, progress);
        try
        {
            cluster.List(setup.Listed);
            await cluster.AddAsync(setup.Silos, cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Loads records 0 to <paramref name="records"/> - 1, an equal part by each silo at the same time.
    /// </summary>
    /// <returns>Milliseconds until every silo had all of them.</returns>
    public async Task<double> LoadAsync(long records, CancellationToken cancellationToken)
    {
        _progress.Say($"loading {records:N0} records");
        var watch = Stopwatch.StartNew();
        var before = await CountAsync(cancellationToken);
        await Task.WhenAll(Silos.Select((silo, i) => silo.Client.CallAsync<long>(
            LoadOperation.OperationName,
            new LoadParameters(
                SessionData.ReadServer,
                SessionData.FirstOf(i, records, Silos.Count),
                SessionData.FirstOf(i + 1, records, Silos.Count),
                LoadBatchRecords),
            LoadTimeout,
            cancellationToken: cancellationToken)));
        await WaitForCountAsync(before + records, cancellationToken);
        Records = records;
        _progress.Say($"loaded {records:N0} records in {watch.ElapsedMilliseconds:N0} ms");
        return watch.Elapsed.TotalMilliseconds;
    }

    /// <summary>Returns how many records the measured silo holds.</summary>
    public Task<long> CountAsync(CancellationToken cancellationToken) => CountAsync(Silos[0], cancellationToken);

    /// <summary>Waits until every silo holds so many records.</summary>
    /// <returns>Milliseconds that took.</returns>
    /// <exception cref="InvalidOperationException">
    /// They did not within a minute: records are lost, or there are too many.
    /// </exception>
    public async Task<double> WaitForCountAsync(long expected, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var counts = await Task.WhenAll(Silos.Select(silo => CountAsync(silo, cancellationToken)));
            var elapsed = watch.Elapsed;
            if (counts.All(count => count == expected))
            {
                return elapsed.TotalMilliseconds;
            }

            if (elapsed > QuickTimeout)
            {
                throw new InvalidOperationException(
                    $"Expected {expected} records on every silo, but after {elapsed.TotalSeconds:0} s they hold " +
                    $"{string.Join(", ", counts)}.");
            }

            await Task.Delay(PollPeriod, cancellationToken);
        }
    }

    /// <summary>Deletes all records with a server name, everywhere.</summary>
    public Task ClearAsync(string server, CancellationToken cancellationToken) => Silos[0].Client.CallAsync<long>(
        ClearOperation.OperationName, new ServerParameters(server), LoadTimeout, cancellationToken: cancellationToken);

    /// <summary>Lists the first nodes, in a cluster that has a list.</summary>
    public void List(int nodes)
    {
        while (_ports.Count < nodes)
        {
            _ports.Add(FreePorts.Take(SiloConfiguration.PortsPerSilo));
        }

        SiloConfiguration.WriteNodeList(_folder, _ports.Take(nodes));
    }

    /// <summary>Starts more silos at once; returns when every silo sees all of them.</summary>
    public async Task AddAsync(int silos, CancellationToken cancellationToken)
    {
        if (silos > 0)
        {
            _progress.Say($"starting {silos} silo processes");
            var added = Enumerable.Range(_silos.Count, silos).Select(StartProcess).ToList();
            _silos.AddRange(await Task.WhenAll(added.Select(process => WaitForReadyAsync(process, cancellationToken))));
            await WaitForMembersAsync(cancellationToken);
        }
    }

    /// <summary>Stops a silo in good order, and starts it again; returns when every silo sees all of them.</summary>
    public async Task RestartAsync(int silo, CancellationToken cancellationToken)
    {
        var process = _silos[silo].Client.Process;
        await process.CloseInputAsync(cancellationToken);
        await process.Exited.WaitAsync(QuickTimeout, cancellationToken);
        _silos[silo] = await WaitForReadyAsync(StartProcess(silo), cancellationToken);
        await WaitForMembersAsync(cancellationToken);
    }

    /// <summary>Stops all silos in good order, and starts the first one again, alone; the others are gone for good.</summary>
    public async Task RestartAloneAsync(CancellationToken cancellationToken)
    {
        _progress.Say("stopping all silos, starting one");
        await Task.WhenAll(_silos.Select(silo => silo.Client.Process.CloseInputAsync(cancellationToken)));
        await Task.WhenAll(_silos.Select(silo => silo.Client.Process.Exited.WaitAsync(QuickTimeout, cancellationToken)));
        _silos.Clear();
        _silos.Add(await WaitForReadyAsync(StartProcess(0), cancellationToken));
    }

    /// <summary>Returns an Orleans client in a process of its own; the first call starts it.</summary>
    public async Task<JsonLineClient> ClientAsync(CancellationToken cancellationToken)
    {
        if (_client is null)
        {
            _progress.Say("starting a client process");
            _client = new JsonLineClient(StartProcess("client", ClientProgram.Command, 0));
            await _client.WaitForReadyAsync<Nothing>(StartTimeout, cancellationToken);
        }

        return _client;
    }

    /// <summary>Kills a silo with -9. The cluster is of no use afterwards but for what its other silos are doing.</summary>
    public void Kill(int silo) => _silos[silo].Client.Process.KillHard();

    /// <summary>Returns every silo's memory after a full collection.</summary>
    public async Task<IReadOnlyList<MemoryResult>> CollectAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(Silos.Select(silo => silo.Client.CallAsync<MemoryResult>(
            MemoryOperation.OperationName, new Nothing(), QuickTimeout, cancellationToken: cancellationToken)));

    /// <summary>Returns how many methods each silo has compiled so far.</summary>
    public async Task<IReadOnlyList<long>> CompiledAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(Silos.Select(silo => silo.Client.CallAsync<long>(
            CompiledOperation.OperationName, new Nothing(), QuickTimeout, cancellationToken: cancellationToken)));

    /// <summary>Returns what the silos printed last, for messages.</summary>
    public string Diagnose() => string.Join('\n', _processes.Select(process => process.Diagnose()));

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        _folder.Dispose();
    }

    private SiloProcess StartProcess(int silo)
    {
        while (_ports.Count <= silo)
        {
            _ports.Add(FreePorts.Take(SiloConfiguration.PortsPerSilo));
        }

        return StartProcess($"silo {silo + 1}", SiloProgram.Command, silo);
    }

    private SiloProcess StartProcess(string name, string mode, int silo)
    {
        var file = SiloConfiguration.Write(_folder, silo, _ports[silo], Setup);
        var command = ChildCommand.ForThisProgram(mode, "--config", file);
        var process = SiloProcess.Start(name, command with { WorkingDirectory = _folder.Path });
        _processes.Add(process);
        return process;
    }

    private static async Task<BenchmarkSilo> WaitForReadyAsync(SiloProcess process, CancellationToken cancellationToken)
    {
        var client = new JsonLineClient(process);
        return new BenchmarkSilo(client, await client.WaitForReadyAsync<SiloReady>(StartTimeout, cancellationToken));
    }

    private async Task WaitForMembersAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var seen = await Task.WhenAll(Silos.Select(silo => silo.Client.CallAsync<int>(
                MembersOperation.OperationName, new Nothing(), QuickTimeout, cancellationToken: cancellationToken)));
            if (seen.All(count => count == Silos.Count))
            {
                return;
            }

            if (watch.Elapsed > QuickTimeout)
            {
                throw new InvalidOperationException(
                    $"Expected every silo to see {Silos.Count} silos, but they see {string.Join(", ", seen)}.");
            }

            await Task.Delay(PollPeriod, cancellationToken);
        }
    }

    private static Task<long> CountAsync(BenchmarkSilo silo, CancellationToken cancellationToken) =>
        silo.Client.CallAsync<long>(
            CountOperation.OperationName, new Nothing(), QuickTimeout, cancellationToken: cancellationToken);
}
