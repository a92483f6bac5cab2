namespace MimGrains.Simulation;

/// <summary>
/// Whole clusters in one thread, on a virtual clock: messages are late, lost, doubled and out of order, silos crash, are
/// declared dead while they run, and join. <c>MIMGRAINS_SEEDS</c> gives another number of seeds than the default.
/// </summary>
public sealed class SimulationTests
{
    private const int DefaultSeeds = 2_000;

    private const int RepairSeeds = 60;
    private const int SeedsPerCase = 20;

    private static int Seeds =>
        int.TryParse(Environment.GetEnvironmentVariable("MIMGRAINS_SEEDS"), out var seeds) ? seeds : DefaultSeeds;

    public static TheoryData<int> FirstSeeds() => [.. Enumerable.Range(0, (Seeds + SeedsPerCase - 1) / SeedsPerCase)
        .Select(index => index * SeedsPerCase)];

    [Theory, MemberData(nameof(FirstSeeds))]
    public void Replicas_agree_and_lose_nothing_whatever_happens(int firstSeed)
    {
        // Runs share nothing: they go side by side.
        var seeds = Enumerable.Range(firstSeed, Math.Min(SeedsPerCase, Seeds - firstSeed)).AsParallel().AsOrdered();
        var failing = seeds.Where(seed => Failure(seed, Fault.None) is not null).FirstOrDefault(-1);
        if (failing >= 0)
        {
            Assert.Fail($"Seed {failing}: {TracedFailure(failing)}");
        }
    }

    [Theory, InlineData(nameof(Fault.RecordIsLost)), InlineData(nameof(Fault.RecordIsOutdated)), InlineData(nameof(Fault.DeleteIsLost))]
    public void A_damaged_replica_is_named_and_mended(string fault)
    {
        var damaged = 0;
        for (var seed = 0; seed < RepairSeeds; seed++)
        {
            var cluster = new SimCluster(seed, Enum.Parse<Fault>(fault), traces: true) { Repairs = true };
            if (Record.Exception(cluster.Run) is { } failure)
            {
                Assert.Fail($"Seed {seed}: {failure}\n{cluster.Scheduler.Trace}");
            }

            damaged += cluster.DamagedCount;
        }

        Assert.True(damaged > RepairSeeds / 10, $"Only {damaged} records were damaged in {RepairSeeds} runs.");
    }

    [Fact]
    public void Comparisons_end_and_look_at_keys_that_are_being_written()
    {
        var clusters = Enumerable.Range(0, RepairSeeds).Select(seed => new SimCluster(seed, Fault.None, traces: false)).ToList();
        clusters.ForEach(cluster => cluster.Run());

        // How many fit into a run depends on how soon all is quiet.
        Assert.All(clusters, cluster => Assert.True(cluster.PassesDone > 0, "None ended."));
        Assert.True(clusters.Sum(cluster => cluster.PassesDone) > 5 * RepairSeeds, "They hardly end.");
        var looks = clusters.Sum(cluster => cluster.KeysLookedAt);
        Assert.True(clusters.Sum(cluster => cluster.Watchers.Sum(watcher => watcher.Resumed)) > RepairSeeds, "Watchers hardly moved.");
        Assert.True(looks > RepairSeeds / 4, $"They saw a write under way {looks} times in {RepairSeeds} runs.");
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

    private static Exception? Failure(int seed, Fault fault) => Record.Exception(() => new SimCluster(seed, fault, traces: false).Run());

    private static string TracedFailure(int seed)
    {
        var cluster = new SimCluster(seed, Fault.None, traces: true);
        var failure = Record.Exception(cluster.Run);
        return $"{failure}\n{cluster.Scheduler.Trace}";
    }
}
