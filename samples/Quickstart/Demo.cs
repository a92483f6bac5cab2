using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MimGrains.Hosting;
using MimGrains.Sessions;

namespace MimGrains.Samples.Quickstart;

/// <summary>The steps. Each one is checked: what is not as it should be ends the demo with a message.</summary>
internal sealed class Demo(bool usesNodeList) : IAsyncDisposable
{
    /// <summary>The demo gives up after this time; it takes some ten seconds where nothing else runs.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(4);

    private const int SessionsOfClient = 1_000;
    private const int SessionsPerSilo = 3_000;
    private const int LookupsOfClient = 1_000;
    private const int SessionsInAll = SessionsOfClient + 3 * SessionsPerSilo;
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(3);

    private readonly Workspace _workspace = Workspace.Create(usesNodeList, "mim1", "mim2", "mim3");
    private readonly List<SiloProcess> _silos = [];
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private IHost? _client;

    private ISessionManager Client => _client!.Services.GetRequiredService<ISessionManager>();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await StartSilosAsync(cancellationToken);
        await OpenSessionsAsync(cancellationToken);
        await ShowSameEverywhereAsync(cancellationToken);
        var left = await KillAsync(_silos[1], cancellationToken);
        await StartAgainAsync(_silos[1].Config, left, cancellationToken);
        await StopAsync(cancellationToken);
        Screen.Done($"Every check passed, in {_time.Elapsed.TotalSeconds:0.0} s.");
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopClientAsync();
        }
        finally
        {
            await Task.WhenAll(_silos.Select(silo => silo.DisposeAsync().AsTask()));
            _workspace.Dispose();
        }
    }

    private async Task StartSilosAsync(CancellationToken cancellationToken)
    {
        Screen.Step(1, $"Three silo processes find each other through a {(usesNodeList ? "text file that lists them" : "SQLite file")}");
        Screen.Say($"The configuration of the first, {_workspace.Silos[0].Path}:");
        Screen.Table(["TOML"], [[(await File.ReadAllTextAsync(_workspace.Silos[0].Path, cancellationToken)).TrimEnd()]]);

        // All at once: the first makes the database, or as many as are needed agree with each other.
        _silos.AddRange(_workspace.Silos.Select(config => SiloProcess.Start(config, _workspace.Folder)));
        await Task.WhenAll(_silos.Select(silo => silo.WaitForReadyAsync(cancellationToken)));
        Screen.Table(
            ["Silo", "Process", "Address @ generation", "Gateway port", "Ready after"],
            _silos.Select(silo => new object[]
            {
                silo.Config.Name, $"{silo.ProcessId}", silo.Address, $"{silo.Config.GatewayPort}", silo.ReadyAfter,
            }));

        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client => client.UseMimGrains(MimGrainsToml.Load(_workspace.Silos[0].Path)));
        _client = builder.Build();
        await _client.StartAsync(cancellationToken);
    }

    private async Task OpenSessionsAsync(CancellationToken cancellationToken)
    {
        Screen.Step(2, $"{SessionsInAll:N0} sessions: some through an Orleans client, the others directly on the silos, all at once");
        var start = Stopwatch.GetTimestamp();
        var times = await Task.WhenAll(_silos
            .Select(silo => silo.OpenAsync(SessionsPerSilo, $"{silo.Config.Name}-user", cancellationToken))
            .Prepend(OpenByClientAsync(cancellationToken)));
        var elapsed = Stopwatch.GetElapsedTime(start);

        Screen.Table(
            ["Opened by", "Sessions", "Time", "Sessions per second"],
            [
                ["Orleans client", SessionsOfClient, times[0], SessionsOfClient / times[0].TotalSeconds],
                .. _silos.Select((silo, index) => new object[]
                {
                    silo.Config.Name, SessionsPerSilo, times[index + 1], SessionsPerSilo / times[index + 1].TotalSeconds,
                }),
                ["all", SessionsInAll, elapsed, SessionsInAll / elapsed.TotalSeconds],
            ]);
        Screen.Say("A session counts as open when every silo has it.");
    }

    private async Task<TimeSpan> OpenByClientAsync(CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        foreach (var batch in SiloProgram.Batches(SessionsOfClient, "client-user"))
        {
            await Client.OpenManyAsync(batch, cancellationToken);
        }

        return Stopwatch.GetElapsedTime(start);
    }

    private async Task ShowSameEverywhereAsync(CancellationToken cancellationToken)
    {
        Screen.Step(3, "Every silo holds all of them, and reads them without asking anybody");
        // A user of the next silo: none reads its own.
        var rows = new List<object[]>();
        for (var index = 0; index < _silos.Count; index++)
        {
            var silo = _silos[index];
            var user = $"{_silos[(index + 1) % _silos.Count].Config.Name}-user7";
            var count = await silo.CountAsync(cancellationToken);
            var users = await silo.CountUsersAsync(cancellationToken);
            var (found, lookupNs) = await silo.LookupAsync(user, cancellationToken);
            CheckFailedException.Equal(SessionsInAll, count, $"Sessions on {silo.Config.Name}");
            CheckFailedException.Equal(SessionsInAll, users, $"Users on {silo.Config.Name}");
            CheckFailedException.Equal(1, found, $"Sessions of {user} on {silo.Config.Name}");
            rows.Add([silo.Config.Name, count, users, user, $"{lookupNs:N0} ns"]);
        }

        CheckFailedException.Equal(SessionsInAll, await Client.CountAsync(cancellationToken), "Sessions, asked by the client");
        var seen = await Client.GetUserSessionsAsync(SiloProgram.Server, "mim3-user7", cancellationToken);
        CheckFailedException.Equal(1, seen.Count, "Sessions of mim3-user7, asked by the client");
        var start = Stopwatch.GetTimestamp();
        for (var lookup = 0; lookup < LookupsOfClient; lookup++)
        {
            await Client.GetUserSessionsAsync(SiloProgram.Server, "mim3-user7", cancellationToken);
        }

        var took = Stopwatch.GetElapsedTime(start) / LookupsOfClient;
        rows.Add(["Orleans client", (long)SessionsInAll, "", "mim3-user7", $"{took.TotalNanoseconds:N0} ns"]);
        Screen.Table(["Asked", "Sessions", "Users", "Looked up", "One lookup"], rows);
    }

    private async Task<long> KillAsync(SiloProcess victim, CancellationToken cancellationToken)
    {
        Screen.Step(4, $"kill -9 {victim.ProcessId}: {victim.Config.Name} is gone without a word, and so are its sessions");
        var survivors = _silos.Where(silo => silo != victim).ToList();
        var owned = (await survivors[0].OwnersAsync(cancellationToken))[victim.Address];
        var left = SessionsInAll - owned;

        var start = Stopwatch.GetTimestamp();
        await victim.KillAsync(cancellationToken);
        var times = await Task.WhenAll(survivors.Select(silo => WaitForCountAsync(silo, left, start, cancellationToken)));

        foreach (var silo in survivors)
        {
            var owners = await silo.OwnersAsync(cancellationToken);
            CheckFailedException.Equal(false, owners.ContainsKey(victim.Address), $"{silo.Config.Name} still has sessions of {victim.Config.Name}");
        }

        Screen.Table(
            ["Survivor", "Sessions before", $"Of {victim.Config.Name}", "Sessions now", "Time since the kill"],
            survivors.Select((silo, index) => new object[] { silo.Config.Name, SessionsInAll, owned, left, times[index] }));
        return left;
    }

    private static async Task<TimeSpan> WaitForCountAsync(
        SiloProcess silo, long expected, long start, CancellationToken cancellationToken)
    {
        while (await silo.CountAsync(cancellationToken) != expected)
        {
            await Task.Delay(s_poll, cancellationToken);
        }

        return Stopwatch.GetElapsedTime(start);
    }

    private async Task StartAgainAsync(SiloConfig config, long expected, CancellationToken cancellationToken)
    {
        const int opened = 500;
        Screen.Step(5, $"{config.Name} starts again, joins with all data, and opens {opened} sessions");
        var index = _silos.FindIndex(silo => silo.Config == config);
        await _silos[index].DisposeAsync();
        var again = _silos[index] = SiloProcess.Start(config, _workspace.Folder);
        await again.WaitForReadyAsync(cancellationToken);
        CheckFailedException.Equal(expected, again.CountWhenReady, $"Sessions on {config.Name} when it had joined");
        await again.OpenAsync(opened, $"{config.Name}-again-user", cancellationToken);

        var rows = new List<object[]>();
        foreach (var silo in _silos)
        {
            var count = await silo.CountAsync(cancellationToken);
            CheckFailedException.Equal(expected + opened, count, $"Sessions on {silo.Config.Name}");
            rows.Add([silo.Config.Name, silo.Address, silo.ReadyAfter, silo.CountWhenReady, count]);
        }

        CheckFailedException.Equal(expected + opened, await Client.CountAsync(cancellationToken), "Sessions, asked by the client");
        Screen.Table(["Silo", "Address @ generation", "Ready after", "When ready", "Sessions now"], rows);
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        Screen.Step(6, "Everything stops");
        await StopClientAsync();
        cancellationToken.ThrowIfCancellationRequested();

        // All at once: listed nodes need each other's votes to leave in good order.
        var start = Stopwatch.GetTimestamp();
        var rows = await Task.WhenAll(_silos.Select(async silo =>
        {
            CheckFailedException.Equal(true, await silo.StopAsync(), $"{silo.Config.Name} stops by itself, with exit code 0");
            return new object[] { silo.Config.Name, "0", Stopwatch.GetElapsedTime(start) };
        }));
        Screen.Table(["Silo", "Exit code", "Stopped after"], rows);
    }

    private async Task StopClientAsync()
    {
        if (_client is { } client)
        {
            _client = null;
            await client.StopAsync(CancellationToken.None);
            client.Dispose();
        }
    }
}
