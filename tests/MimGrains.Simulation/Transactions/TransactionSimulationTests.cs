namespace MimGrains.Simulation.Transactions;

/// <summary>
/// Transactions over fragments under everything that can happen to silos, messages and the log.
/// <c>MIMGRAINS_SEEDS</c> gives another number of seeds than the default.
/// </summary>
public sealed class TransactionSimulationTests
{
    private const int DefaultSeeds = 200;
    private const int FaultSeeds = 2_000;
    private const int SeedsPerCase = 20;

    private static int Seeds =>
        int.TryParse(Environment.GetEnvironmentVariable("MIMGRAINS_SEEDS"), out var seeds) ? seeds : DefaultSeeds;

    public static TheoryData<int> FirstSeeds() => [.. Enumerable.Range(0, (Seeds + SeedsPerCase - 1) / SeedsPerCase)
        .Select(index => index * SeedsPerCase)];

    public static TheoryData<string> Faults() => [.. Enum.GetValues<TransactionFault>()
        .Where(fault => fault != TransactionFault.None).Select(fault => fault.ToString())];

    [Theory, MemberData(nameof(FirstSeeds))]
    public void Every_history_is_serializable_and_nothing_stays_open(int firstSeed)
    {
        for (var seed = firstSeed; seed < Math.Min(firstSeed + SeedsPerCase, Seeds); seed++)
        {
            if (Failure(seed, TransactionFault.None) is not null)
            {
                Assert.Fail($"Seed {seed}: {TracedFailure(seed)}");
            }
        }
    }

    [Theory, MemberData(nameof(Faults))]
    public void A_broken_rule_is_noticed(string fault)
    {
        var broken = Enum.Parse<TransactionFault>(fault);
        var seed = Enumerable.Range(0, FaultSeeds).FirstOrDefault(seed => Failure(seed, broken) is not null, -1);

        Assert.True(seed >= 0, $"{FaultSeeds} seeds did not notice {fault}.");
    }

    [Fact]
    public void Most_transactions_commit_and_some_meet_trouble()
    {
        const int runs = 50;
        var clusters = Enumerable.Range(0, runs)
            .Select(seed => new TransactionCluster(seed, TransactionFault.None, traces: false)).ToList();
        clusters.ForEach(cluster => cluster.Run());

        var attempts = clusters.SelectMany(cluster => cluster.History.Attempts).ToList();
        Assert.InRange(clusters.Sum(cluster => cluster.History.Committed), 50 * runs, int.MaxValue);
        Assert.InRange(attempts.Count(attempt => attempt.EndMicros is null), runs / 5, attempts.Count / 10);
        Assert.InRange(attempts.Count(attempt => attempt.Writes.Count > 1), 10 * runs, int.MaxValue);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        Assert.Equal(Trace(1), Trace(1));
        Assert.NotEqual(Trace(1), Trace(2));

        static string Trace(int seed)
        {
            var cluster = new TransactionCluster(seed, TransactionFault.None, traces: true);
            cluster.Run();
            return cluster.Scheduler.Trace;
        }
    }

    private static Exception? Failure(int seed, TransactionFault fault) =>
        Record.Exception(() => new TransactionCluster(seed, fault, traces: false).Run());

    private static string TracedFailure(int seed)
    {
        var cluster = new TransactionCluster(seed, TransactionFault.None, traces: true);
        var failure = Record.Exception(cluster.Run);
        return $"{failure}\n{cluster.Scheduler.Trace}";
    }
}
