namespace MimGrains.Simulation.Consensus;

/// <summary>
/// The register of the membership under everything that can happen to its nodes, their disks, their network and their
/// list.
/// <c>MIMGRAINS_SEEDS</c> gives another number of seeds than the default.
/// </summary>
public sealed class RegisterSimulationTests
{
    private const int DefaultSeeds = 1_000;
    private const int FaultSeeds = 3_000;
    private const int SeedsPerCase = 50;

    private static int Seeds =>
        int.TryParse(Environment.GetEnvironmentVariable("MIMGRAINS_SEEDS"), out var seeds) ? seeds : DefaultSeeds;

    public static TheoryData<int> FirstSeeds() => [.. Enumerable.Range(0, (Seeds + SeedsPerCase - 1) / SeedsPerCase)
        .Select(index => index * SeedsPerCase)];

    public static TheoryData<string> Faults() => [.. Enum.GetValues<RegisterFault>()
        .Where(fault => fault != RegisterFault.None).Select(fault => fault.ToString())];

    [Theory, MemberData(nameof(FirstSeeds))]
    public void Every_history_is_linearizable_and_ends_in_agreement(int firstSeed)
    {
        for (var seed = firstSeed; seed < Math.Min(firstSeed + SeedsPerCase, Seeds); seed++)
        {
            if (Failure(seed, RegisterFault.None) is not null)
            {
                Assert.Fail($"Seed {seed}: {TracedFailure(seed)}");
            }
        }
    }

    [Theory, MemberData(nameof(Faults))]
    public void A_broken_rule_is_noticed(string fault)
    {
        var broken = Enum.Parse<RegisterFault>(fault);
        var seed = Enumerable.Range(0, FaultSeeds).FirstOrDefault(seed => Failure(seed, broken) is not null, -1);

        Assert.True(seed >= 0, $"{FaultSeeds} seeds did not notice {fault}.");
    }

    [Fact]
    public void Most_runs_do_much_and_settle()
    {
        const int runs = 100;
        var clusters = Enumerable.Range(0, runs)
            .Select(seed => new RegisterCluster(seed, RegisterFault.None, traces: false)).ToList();
        clusters.ForEach(cluster => cluster.Run());

        Assert.InRange(clusters.Count(cluster => cluster.HasSettled), runs * 8 / 10, runs);
        Assert.InRange(clusters.Sum(cluster => cluster.History.Changes), 10 * runs, int.MaxValue);
        Assert.InRange(clusters.Sum(cluster => cluster.History.Reads), 20 * runs, int.MaxValue);
        Assert.InRange(clusters.Max(cluster => cluster.History.LatestConfiguration?.Number ?? 0), 5, long.MaxValue);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        Assert.Equal(Trace(1), Trace(1));
        Assert.NotEqual(Trace(1), Trace(2));

        static string Trace(int seed)
        {
            var cluster = new RegisterCluster(seed, RegisterFault.None, traces: true);
            cluster.Run();
            return cluster.Scheduler.Trace;
        }
    }

    private static Exception? Failure(int seed, RegisterFault fault) =>
        Record.Exception(() => new RegisterCluster(seed, fault, traces: false).Run());

    private static string TracedFailure(int seed)
    {
        var cluster = new RegisterCluster(seed, RegisterFault.None, traces: true);
        var failure = Record.Exception(cluster.Run);
        return $"{failure}\n{cluster.Scheduler.Trace}";
    }
}
