using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;

namespace MimGrains.Simulation.Transactions;

/// <summary>
/// A run: silos that hold fragments and run transactions over them, while a seed loses, delays and doubles messages,
/// lets the log fail before and after it took effect, crashes silos, declares others dead that run, and activates
/// fragments twice. Then all heals, and nothing may be left open.
/// </summary>
internal sealed partial class TransactionCluster
{
    public const int FragmentsPerTable = 2;
    private const long BusyMicros = 700_000;
    private const long FaultyMicros = 800_000;
    private const long QuietMicros = 1_500_000;
    private const int SilosAtStart = 3;
    private const int SilosMost = 4;

    private readonly List<SimSilo> _silos = [];
    private readonly Dictionary<FragmentId, SimFragmentLog> _logs = [];

    public TransactionCluster(int seed, TransactionFault fault, bool traces)
    {
        Random = new SplitMix64(((ulong)seed * 0x2545F4914F6CDD1D) + 7);
        (Fault, Scheduler) = (fault, new Scheduler(traces));
        Programs = new SimPrograms(Random, (SimMix)(seed % Enum.GetValues<SimMix>().Length));
        // Every fourth run has no trouble but contention.
        IsFaulty = seed % 4 != 3;
    }

    public SplitMix64 Random { get; }

    public Scheduler Scheduler { get; }

    public TransactionFault Fault { get; }

    public TransactionHistory History { get; } = new();

    public SimPrograms Programs { get; }

    public bool IsFaulty { get; private set; }

    /// <summary>Whether users begin transactions.</summary>
    public bool IsBusy { get; private set; } = true;

    public long NowMs => Scheduler.NowMicros / 1_000;

    public SimFragmentLog LogOf(FragmentId fragment) => _logs[fragment];

    /// <exception cref="InvariantException">An invariant does not hold.</exception>
    public void Run()
    {
        foreach (var fragment in SimPrograms.Fragments)
        {
            _logs.Add(fragment, new SimFragmentLog(this));
        }

        for (var i = 0; i < SilosAtStart; i++)
        {
            Join();
        }

        if (IsFaulty)
        {
            Scheduler.After(Random.Between(50_000, 200_000), Disturb);
        }

        Scheduler.RunUntil(BusyMicros);
        IsBusy = false;
        Scheduler.RunUntil(FaultyMicros);
        Scheduler.Log($"all faults end");
        IsFaulty = false;
        foreach (var silo in _silos.Where(silo => silo.IsUp == silo.IsDeclaredDead).ToList())
        {
            Kill(silo);
            Declare(silo);
        }

        if (!_silos.Exists(silo => silo.IsUp))
        {
            Join();
        }

        foreach (var fragment in SimPrograms.Fragments)
        {
            Locate(fragment).Activate(fragment);
        }

        Scheduler.RunUntil(FaultyMicros + QuietMicros);
        CheckNothingIsOpen();
        History.Check();
    }

    /// <summary>
    /// Carries a message: late, twice or not at all while there is trouble; never from one whom the receiver
    /// knows dead.
    /// </summary>
    public void Carry(SimSilo from, SimSilo to, string name, Action deliver)
    {
        if (from == to)
        {
            Scheduler.After(Random.Between(1, 20), () => Deliver(from, to, deliver));
            return;
        }

        if (IsFaulty && Random.Chance(3))
        {
            Scheduler.Log($"{from.Id} -> {to.Id} {name} LOST");
            return;
        }

        Scheduler.After(DelayMicros(), () => Deliver(from, to, deliver));
        if (IsFaulty && Random.Chance(4))
        {
            Scheduler.After(DelayMicros(), () => Deliver(from, to, deliver));
        }
    }

    /// <summary>Returns where a fragment is, or shall be; callers do not know better.</summary>
    public SimSilo Locate(FragmentId fragment)
    {
        if (!_directory.TryGetValue(fragment, out var silo) || silo.IsDeclaredDead)
        {
            _directory[fragment] = silo = Random.Pick(Live());
        }

        return silo;
    }

    public SimSilo SiloOf(ReplicaId id) => _silos.Find(silo => silo.Id == id)!;

    /// <summary>Whether every silo that others listen to knows that one is dead.</summary>
    public bool DoesEveryoneKnowDead(ReplicaId id) => _silos.TrueForAll(silo => silo.IsDeclaredDead || silo.Knows(id));

    private static void Deliver(SimSilo from, SimSilo to, Action deliver)
    {
        if (to.IsUp && !to.Knows(from.Id))
        {
            deliver();
        }
    }

    private long DelayMicros() => !IsFaulty ? Random.Between(100, 1_000) : Random.Between(1, 100) switch
    {
        <= 85 => Random.Between(100, 2_000),
        <= 96 => Random.Between(1_000, 20_000),
        _ => Random.Between(10_000, 150_000),
    };

    private List<SimSilo> Live() => _silos.Where(silo => !silo.IsDeclaredDead && silo.IsUp).ToList() is { Count: > 0 } live
        ? live
        : [Join()];

    private void CheckNothingIsOpen()
    {
        foreach (var silo in _silos.Where(silo => silo.IsUp))
        {
            if (silo.DescribeOpen() is { } open)
            {
                throw new InvariantException($"{silo.Id} is not quiet at the end: {open}");
            }
        }
    }
}
