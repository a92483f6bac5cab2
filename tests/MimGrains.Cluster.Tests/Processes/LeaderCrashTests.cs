using System.Diagnostics;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using Xunit.Abstractions;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>The process that leads a table is killed while clients of all silos contend for the same keys.</summary>
[Trait("Category", "Chaos")]
public sealed class LeaderCrashTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Server = "leader.example.com";
    private const int KeysPerRead = 1_000;

    private readonly TempFolder _folder = new();
    private readonly List<SiloMachine> _silos = [];

    public async Task InitializeAsync()
    {
        _silos.AddRange(Enumerable.Range(1, 3).Select(number => new SiloMachine(_folder, number)));
        await Task.WhenAll(_silos.Select(silo => silo.StartAsync()));
    }

    public async Task DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task When_the_leader_is_killed_every_other_call_has_an_answer_and_no_key_two_winners()
    {
        // Records of nobody's: only who won counts, and not whose they are.
        await _silos[0].Table.InsertNewAsync(KeyOf(-1, ""), new SessionRecord { Address = "first" });
        var leader = (await InfoAsync(_silos[0])).Leader;
        var addresses = await Task.WhenAll(_silos.Select(async silo => (await InfoAsync(silo)).Silo));
        var (victim, owner) = (_silos[Array.IndexOf(addresses, leader)], addresses.First(address => address != leader));

        var loads = _silos.ToDictionary(silo => silo, silo => InsertNewLoad.Start(
            silo.Table, number => KeyOf(number, owner), $"client of {silo.Gateway.Port}"));
        await Task.WhenAll(loads.Values.Select(load => load.MoreAsync(300)));
        var watch = Stopwatch.StartNew();
        victim.Process.KillHard();
        var survivors = _silos.Where(silo => silo != victim).ToList();
        await Task.WhenAll(survivors.Select(silo => loads[silo].MoreAsync(1)));
        output.WriteLine($"Answers on both survivors {watch.ElapsedMilliseconds} ms after the kill.");
        await Task.WhenAll(survivors.Select(silo => loads[silo].MoreAsync(300)));

        // Fails if any call of theirs did.
        await Task.WhenAll(survivors.Select(silo => loads[silo].StopAsync()));
        await Task.WhenAny(loads[victim].Running);
        await AssertOneWinnerEachAsync(loads, victim, survivors, owner);
        Assert.Contains((await InfoAsync(survivors[0])).Leader, addresses.Where(address => address != leader));
    }

    private static async Task AssertOneWinnerEachAsync(
        Dictionary<SiloMachine, InsertNewLoad> loads, SiloMachine victim, List<SiloMachine> survivors, string owner)
    {
        var numbers = loads.Values.SelectMany(load => load.Outcomes.Keys).Distinct().ToList();
        var held = await Task.WhenAll(survivors.Select(silo => WinnersAsync(silo, numbers, owner)));
        Assert.Equal(held[0], held[1]);
        foreach (var number in numbers)
        {
            var won = loads.Values.Where(load => load.Outcomes.GetValueOrDefault(number)).Select(load => load.Name).ToList();

            // Without one that knows it: the call of the one that won ended with its gateway.
            var winner = Assert.Single(won.DefaultIfEmpty(loads[victim].Name));
            Assert.Equal(winner, held[0][KeyOf(number, owner)]);
        }
    }

    private static async Task<Dictionary<SessionKey, string>> WinnersAsync(SiloMachine silo, List<int> numbers, string owner)
    {
        Dictionary<SessionKey, string> winners = [];
        foreach (var chunk in numbers.Chunk(KeysPerRead))
        {
            foreach (var entry in await silo.Table.GetManyAsync([.. chunk.Select(number => KeyOf(number, owner))]))
            {
                winners.Add(entry.Key, entry.Record.Address);
            }
        }

        return winners;
    }

    private static SessionKey KeyOf(int number, string owner) => new(Server, $"u{number}", "r", new SessionId(1, owner));

    private static async Task<MimGrains.Tables.TableInfo> InfoAsync(SiloMachine silo) =>
        (await silo.Operator.TablesAsync()).Single(table => table.Name == "session");
}
