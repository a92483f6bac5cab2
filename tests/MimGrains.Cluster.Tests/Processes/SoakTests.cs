using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MimGrains.Configuration;
using MimGrains.Hosting;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using Orleans.Hosting;
using Orleans.Runtime;
using Xunit.Abstractions;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>
/// Sessions are opened, changed, written to and closed at a steady rate, by clients of three silo processes and on a silo in this
/// process, while silo processes are killed, stopped and started again. At the end all silos hold the same sessions, every
/// acknowledged one of a living silo among them, none of a dead one; and memory has not grown.
/// </summary>
/// <remarks>Short by default; with <c>MIMGRAINS_LONG=1</c> five minutes and 100,000 sessions.</remarks>
[Trait("Category", "Chaos")]
public sealed class SoakTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Processes = 3;
    private const int Places = Processes + 1;
    private const int ReplacementsLeast = 2;
    private const double MemoryGrowthMost = 1.5;
    private const long MemorySlackKb = 64 * 1_024;

    // Three seconds at the rate that the places keep to.
    private const int RoundsBetween = 3 * SoakPlace.RoundsPerSecond * Places;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("MIMGRAINS_LONG") == "1";
    private static readonly TimeSpan Duration = IsLong ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(15);
    private static readonly int SessionsOfPlace = (IsLong ? 100_000 : 4_000) / Places;

    private readonly TempFolder _folder = new();
    private readonly SoakTally _tally = new();
    private readonly CountingCleanup _cleanup = new();
    private readonly List<SiloMachine> _silos = [];
    private IHost? _host;

    private ISessionManager LocalSessions => _host!.Services.GetRequiredService<ISessionManager>();

    public async Task InitializeAsync()
    {
        _silos.AddRange(Enumerable.Range(1, Processes).Select(number => new SiloMachine(_folder, number)));
        await Task.WhenAll(_silos.Select(silo => silo.StartAsync()));
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var ports = FreePorts.Take(2);
        builder.UseOrleans(silo => silo.UseMimGrains(options =>
        {
            options.UseCets(SiloMachine.ClusterName).UseSqlite(_folder.File("mim.db"));
            (options.Node.Name, options.Node.SiloPort, options.Node.GatewayPort) = ("mim9@localhost", ports[0], ports[1]);
        }));
        builder.Services.AddSingleton<ISessionCleanup>(_cleanup);
        _host = builder.Build();
        await _host.StartAsync().WaitAsync(Eventually.Patience);
    }

    public async Task DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync().WaitAsync(Eventually.Patience);
            _host.Dispose();
        }

        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task Silos_that_come_and_go_leave_every_session_where_it_belongs()
    {
        var local = await SoakPlace.StartAsync(
            LocalSessions, _host!.Services.GetRequiredService<IGrainFactory>(), _tally, "silo", SessionsOfPlace);
        var places = new List<SoakPlace>();
        foreach (var silo in _silos)
        {
            places.Add(await PlaceOf(silo, $"client{places.Count}"));
        }

        var watch = Stopwatch.StartNew();
        var start = MemoryKb();
        long[]? middle = null;
        var replaced = 0;
        while (watch.Elapsed < Duration || replaced < ReplacementsLeast)
        {
            await _tally.MoreRoundsAsync(RoundsBetween);
            middle ??= watch.Elapsed > Duration / 2 ? MemoryKb() : null;

            // The first one lives through all of it: its memory is what counts.
            await ReplaceAsync(places, 1 + (replaced % (Processes - 1)), isKill: replaced % 4 != 3, $"again{replaced}");
            replaced++;
        }

        await Task.WhenAll([.. places.Select(place => place.StopAsync()), local.StopAsync()]);
        var end = MemoryKb();
        middle ??= end;
        var held = await CheckAsync([.. places, local]);
        output.WriteLine(
            $"{watch.Elapsed.TotalSeconds:0} s, {held:N0} sessions, {replaced} silos replaced ({replaced - (replaced / 4)} by kill -9), "
            + $"{_cleanup.Keys.Count:N0} sessions cleaned up after; {_tally}");
        output.WriteLine($"Memory in KiB, silos 1 to 3: start {Shown(start)}; middle {Shown(middle)}; end {Shown(end)}");
        Assert.InRange(end[0], 0, (long)(middle[0] * MemoryGrowthMost) + MemorySlackKb);
        Assert.True(_tally.Of(nameof(RouteOutcome.Delivered)) > 0);
        Assert.NotEmpty(_cleanup.Keys);
        Assert.Empty(_cleanup.Twice);
    }

    private Task<SoakPlace> PlaceOf(SiloMachine silo, string name) =>
        SoakPlace.StartAsync(silo.Sessions, silo.Grains, _tally, name, SessionsOfPlace);

    private async Task ReplaceAsync(List<SoakPlace> places, int number, bool isKill, string name)
    {
        var silo = _silos[number];
        var dead = places[number].Open.First().Id.Silo;
        places[number].Abandon();
        if (isKill)
        {
            await silo.KillAsync();
        }
        else
        {
            Assert.Equal(0, await silo.TerminateAsync());
        }

        await SessionReader.GoneAsync(LocalSessions, dead);
        await SessionReader.GoneAsync(_silos[0].Sessions, dead);
        await silo.Process.DisposeAsync();
        await silo.StartAsync();
        places[number] = await PlaceOf(silo, name);
    }

    // Returns how many sessions every silo holds.
    private async Task<int> CheckAsync(IReadOnlyList<SoakPlace> living)
    {
        var everywhere = new List<IReadOnlyList<SessionKey>> { await SessionReader.KeysAsync(LocalSessions, SoakPlace.Server) };
        foreach (var silo in _silos)
        {
            everywhere.Add(await SessionReader.KeysAsync(silo.Sessions, SoakPlace.Server));
            Assert.Equal(await LocalSessions.CountAsync(), await silo.Sessions.CountAsync());
        }

        Assert.All(everywhere, keys => Assert.Equal(everywhere[0], keys));

        // No ghosts: neither of a dead silo, nor one that was closed. None is lost.
        var held = everywhere[0].ToHashSet();
        var active = _host!.Services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress.ToParsableString()).ToHashSet();
        Assert.All(held, key => Assert.Contains(key.Id.Silo, active));
        var expected = living.SelectMany(place => place.Open).ToHashSet();
        Assert.Empty(expected.Except(held));
        Assert.DoesNotContain(held.Except(expected), key => !_tally.Unsure.ContainsKey(key));
        return held.Count;
    }

    private long[] MemoryKb() => [.. _silos.Select(silo => long.Parse(
        File.ReadLines($"/proc/{silo.Process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture))];

    private static string Shown(long[] memory) => string.Join(" ", memory.Select(one => $"{one:N0}"));

    /// <summary>Only the silo in this process has a hook: it cleans up after every dead silo, and after its own sessions.</summary>
    private sealed class CountingCleanup : ISessionCleanup
    {
        public ConcurrentDictionary<SessionKey, bool> Keys { get; } = new();

        public ConcurrentQueue<SessionKey> Twice { get; } = new();

        public Task CleanUpAsync(Session session, SessionEnd end, CancellationToken cancellationToken)
        {
            if (end.Reason == SessionEndReason.SiloDied && !Keys.TryAdd(session.Key, true))
            {
                Twice.Enqueue(session.Key);
            }

            return Task.CompletedTask;
        }
    }
}
