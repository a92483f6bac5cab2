namespace MimGrains.Simulation;

/// <summary>
/// Whole clusters in one thread, on a virtual clock: messages are late, lost, doubled and out of order, silos crash, are
/// declared dead while they run, and join. <c>MIMGRAINS_SEEDS</c> gives another number of seeds than the default.
/// </summary>
public sealed class SimulationTests
{
    private const int DefaultSeeds = 300;
    private const int SeedsPerCase = 20;

    private static int Seeds =>
        int.TryParse(Environment.GetEnvironmentVariable("MIMGRAINS_SEEDS"), out var seeds) ? seeds : DefaultSeeds;

    public static TheoryData<int> FirstSeeds() => [.. Enumerable.Range(0, (Seeds + SeedsPerCase - 1) / SeedsPerCase)
        .Select(index => index * SeedsPerCase)];

    public static TheoryData<string> Faults() => [.. Enum.GetNames<Fault>().Where(name => name != nameof(Fault.None))];

    [Theory, MemberData(nameof(FirstSeeds))]
    public void Replicas_agree_and_lose_nothing_whatever_happens(int firstSeed)
    {
        for (var seed = firstSeed; seed < Math.Min(firstSeed + SeedsPerCase, Seeds); seed++)
        {
            if (Failure(seed, Fault.None) is not null)
            {
                Assert.Fail($"Seed {seed}: {TracedFailure(seed)}");
            }
        }
    }

    [Theory, MemberData(nameof(Faults))]
    public void A_broken_rule_is_noticed(string fault)
    {
        var seed = Enumerable.Range(0, DefaultSeeds).FirstOrDefault(
            seed => Failure(seed, Enum.Parse<Fault>(fault)) is not null, -1);

        Assert.True(seed >= 0, $"{DefaultSeeds} seeds did not notice {fault}.");
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        Assert.Equal(Trace(1), Trace(1));
        Assert.NotEqual(Trace(1), Trace(2));

        static string Trace(int seed)
        {
            var cluster = new SimCluster(seed, Fault.None, traces: true);
            cluster.Run();
            Assert.True(cluster.Writes > 50, $"Only {cluster.Writes} writes.");
            return cluster.Scheduler.Trace;
        }
    }

    // A broken rule may also show in a check of the core itself.
    private static Exception? Failure(int seed, Fault fault) => Record.Exception(() => new SimCluster(seed, fault, traces: false).Run());

    private static string TracedFailure(int seed)
    {
        var cluster = new SimCluster(seed, Fault.None, traces: true);
        var failure = Record.Exception(cluster.Run);
        return $"{failure}\n{cluster.Scheduler.Trace}";
    }
}
