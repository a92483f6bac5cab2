using MimGrains.ProcessSupport;
using MimGrains.Sessions;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>Three processes on one SQLite file, one of which is killed while clients open sessions on all of them.</summary>
public sealed class KillTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly List<SiloMachine> _silos;

    public KillTests() => _silos = [.. Enumerable.Range(1, 3).Select(number => new SiloMachine(_folder, number))];

    public Task InitializeAsync() => Task.WhenAll(_silos.Select(silo => silo.StartAsync()));

    public async Task DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task A_silo_killed_under_load_loses_only_its_own_sessions_and_comes_back_with_all_others()
    {
        var loads = _silos.Select((silo, number) => SessionLoad.Start(silo.Sessions, $"u{number}")).ToList();
        await Task.WhenAll(loads.Select(load => load.MoreAsync(500)));
        var (victim, survivors) = (_silos[1], new[] { _silos[0], _silos[2] });
        var (lost, kept) = (loads[1], new[] { loads[0], loads[2] });
        var deadSilo = Assert.Single(lost.Opened.Select(key => key.Id.Silo).Distinct());

        await victim.KillAsync();
        await lost.AbandonAsync();
        await Task.WhenAll(survivors.Select(silo => SessionReader.GoneAsync(silo.Sessions, deadSilo)));
        await Task.WhenAll(kept.Select(load => load.MoreAsync(200)));

        // It joins while the others still write.
        await victim.StartAsync();
        await Task.WhenAll(kept.Select(load => load.MoreAsync(200)));
        await Task.WhenAll(kept.Select(load => load.StopAsync()));
        var own = await victim.Sessions.OpenAsync(SessionLoad.Server, "alice", "phone", new SessionRecord());
        Assert.NotEqual(deadSilo, own.Id.Silo);
        Assert.Equal(deadSilo.Split('@')[0], own.Id.Silo.Split('@')[0]);

        var opened = kept.SelectMany(load => load.Opened).Append(own).ToList();
        foreach (var silo in _silos)
        {
            await SessionReader.AssertOpenAsync(silo.Sessions, opened);
        }
    }

    [Fact]
    public async Task A_silo_that_is_killed_keeps_its_number_and_each_ends_with_0_on_sigterm()
    {
        var before = _silos[2].ReadyLine;
        await _silos[2].KillAsync();
        await _silos[2].StartAsync();
        Assert.Equal(before, _silos[2].ReadyLine);

        var key = await _silos[0].Sessions.OpenAsync("example.com", "alice", "phone", new SessionRecord());
        Assert.Equal(0, await _silos[0].TerminateAsync());
        foreach (var silo in _silos.Skip(1))
        {
            await SessionReader.GoneAsync(silo.Sessions, key.Id.Silo);
        }

        Assert.Equal(0, await _silos[1].TerminateAsync());
        Assert.Equal(0, await _silos[2].TerminateAsync());
    }
}
