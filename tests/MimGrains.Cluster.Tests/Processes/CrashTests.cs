using System.Diagnostics;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using Xunit.Abstractions;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>
/// Processes that end, or stand still, in every way while clients open sessions on all of them. Afterwards the silos that live
/// hold the same sessions: all that were acknowledged by a living one, and none of a dead one.
/// </summary>
[Trait("Category", "Chaos")]
public sealed class CrashTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int DeclaredDead = 3;

    // Orleans' probes need three seconds at least: what is quicker was noticed by the closed line.
    private static readonly TimeSpan ProbesAlone = TimeSpan.FromSeconds(3);

    private readonly TempFolder _folder = new();
    private readonly List<SiloMachine> _silos = [];
    private readonly List<SessionLoad> _loads = [];

    public Task InitializeAsync() => StartAsync(3);

    public async Task DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task A_silo_that_is_killed_is_noticed_by_its_closed_line_and_only_its_sessions_go()
    {
        await LoadAsync();
        var dead = SiloOf(_loads[1]);
        var watch = Stopwatch.StartNew();
        _silos[1].Process.KillHard();
        await GoneAsync(dead, [0, 2]);
        output.WriteLine($"Sessions gone on both survivors {watch.ElapsedMilliseconds} ms after the kill.");
        await DeclaredByCrashAsync(dead, [0, 2]);
        await EndAsync([0, 2]);
    }

    [Fact]
    public async Task A_silo_that_stands_still_for_two_seconds_lives_on()
    {
        await LoadAsync();
        var watch = Stopwatch.StartNew();
        _silos[1].Process.Freeze();
        await Task.Delay(TimeSpan.FromSeconds(2));
        _silos[1].Process.Continue();
        if (watch.Elapsed >= ProbesAlone)
        {
            output.WriteLine($"The machine was too busy: it stood still for {watch.Elapsed}, which may be too long.");
            return;
        }

        await Task.WhenAll(_loads.Select(load => load.MoreAsync(200)));
        await EndAsync([0, 1, 2]);
        Assert.All(_silos, silo => Assert.DoesNotContain("is gone", silo.Process.Output.Tail(5_000), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_silo_that_stands_still_is_declared_dead_and_ends_when_it_wakes()
    {
        await LoadAsync();
        var dead = SiloOf(_loads[1]);
        var watch = Stopwatch.StartNew();
        _silos[1].Process.Freeze();
        await GoneAsync(dead, [0, 2]);
        output.WriteLine($"Sessions gone on both survivors {watch.ElapsedMilliseconds} ms after the freeze.");

        watch.Restart();
        _silos[1].Process.Continue();
        Assert.Equal(DeclaredDead, await _silos[1].Process.Exited.WaitAsync(Eventually.Patience));
        output.WriteLine($"The woken process ended {watch.ElapsedMilliseconds} ms after it woke.");
        Assert.Contains(
            $"mim-silo: the other silos have declared this silo {dead} dead", _silos[1].Process.Output.Tail(500), StringComparison.Ordinal);
        await EndAsync([0, 2]);
    }

    [Fact]
    public async Task A_silo_that_is_started_again_at_once_on_the_same_address_is_another_one()
    {
        await LoadAsync();
        var dead = SiloOf(_loads[1]);
        var killed = _silos[1].Process;
        killed.KillHard();
        await _loads[1].AbandonAsync();
        await _silos[1].StartAsync();
        await GoneAsync(dead, [0, 1, 2]);
        await killed.DisposeAsync();

        _loads[1] = SessionLoad.Start(_silos[1].Sessions, "again");
        await Task.WhenAll(_loads.Select(load => load.MoreAsync(100)));
        Assert.NotEqual(dead, SiloOf(_loads[1]));
        await EndAsync([0, 1, 2]);
    }

    [Fact]
    public async Task Two_of_four_silos_that_are_killed_at_once_are_both_noticed()
    {
        await StartAsync(1);
        await LoadAsync();
        string[] dead = [SiloOf(_loads[1]), SiloOf(_loads[3])];
        var watch = Stopwatch.StartNew();
        _silos[1].Process.KillHard();
        _silos[3].Process.KillHard();
        foreach (var silo in dead)
        {
            await GoneAsync(silo, [0, 2]);
            await DeclaredByCrashAsync(silo, [0, 2]);
        }

        output.WriteLine($"Both noticed {watch.ElapsedMilliseconds} ms after the kills.");
        await EndAsync([0, 2]);
    }

    [Fact]
    public async Task A_silo_that_stops_in_good_order_raises_no_alarm()
    {
        await LoadAsync();
        var stopped = SiloOf(_loads[1]);
        await _loads[1].AbandonAsync();
        Assert.Equal(0, await _silos[1].TerminateAsync());
        await GoneAsync(stopped, [0, 2]);
        await EndAsync([0, 2]);
        Assert.All([_silos[0], _silos[2]], silo => Assert.DoesNotContain(
            "has crashed", silo.Process.Output.Tail(5_000), StringComparison.Ordinal));
    }

    private async Task StartAsync(int count)
    {
        var added = Enumerable.Range(_silos.Count + 1, count).Select(number => new SiloMachine(_folder, number)).ToList();
        _silos.AddRange(added);
        await Task.WhenAll(added.Select(silo => silo.StartAsync()));
    }

    private async Task LoadAsync()
    {
        _loads.AddRange(_silos.Select((silo, number) => SessionLoad.Start(silo.Sessions, $"u{number}")));
        await Task.WhenAll(_loads.Select(load => load.MoreAsync(300)));
    }

    private static string SiloOf(SessionLoad load) => Assert.Single(load.Opened.Select(key => key.Id.Silo).Distinct());

    private Task GoneAsync(string dead, int[] survivors) =>
        Task.WhenAll(survivors.Select(silo => SessionReader.GoneAsync(_silos[silo].Sessions, dead)));

    // Whoever was first writes it to the table; the other reads of it there.
    private async Task DeclaredByCrashAsync(string dead, int[] survivors)
    {
        var proof = $"Silo {dead} has crashed";
        await await Task.WhenAny(survivors.Select(silo => _silos[silo].Process.WaitForLineAsync(
            line => line.Contains(proof, StringComparison.Ordinal), Eventually.Patience)));
    }

    private async Task EndAsync(int[] living)
    {
        foreach (var number in Enumerable.Range(0, _loads.Count).Except(living))
        {
            await _loads[number].AbandonAsync();
        }

        await Task.WhenAll(living.Select(number => _loads[number].MoreAsync(100)));
        await Task.WhenAll(living.Select(number => _loads[number].StopAsync()));
        var owners = living.Select(number => SiloOf(_loads[number])).ToHashSet();
        var acknowledged = _loads.SelectMany(load => load.Opened).Where(key => owners.Contains(key.Id.Silo)).ToHashSet();
        var first = await SessionReader.KeysAsync(_silos[living[0]].Sessions);
        foreach (var number in living.Skip(1))
        {
            Assert.Equal(first, await SessionReader.KeysAsync(_silos[number].Sessions));
        }

        Assert.All(first, key => Assert.Contains(key.Id.Silo, owners));
        Assert.Subset(first.ToHashSet(), acknowledged);

        // A silo that ends may still hand an open on to another one, and not live to pass on the answer: those are nobody's loss.
        var names = living.Select(number => _loads[number].Name).ToHashSet();
        Assert.DoesNotContain(first.Except(acknowledged), key => names.Contains(key.User.Split('-')[0]));
    }
}
