namespace MimGrains.Simulation;

/// <summary>Carries messages: late, out of order, twice or not at all, as long as it is <see cref="IsFaulty"/>.</summary>
internal sealed class Network(Scheduler scheduler, SplitMix64 random)
{
    private readonly Dictionary<(SimNode, SimNode), long> _heldUntil = [];

    public bool IsFaulty { get; set; } = true;

    /// <summary>How many messages are on their way that were sent while the network was faulty.</summary>
    public int LateCount { get; private set; }

    /// <summary>What goes this way arrives only after that long; the way back is as before.</summary>
    public void Hold(SimNode from, SimNode to, long micros) => _heldUntil[(from, to)] = scheduler.NowMicros + micros;

    public void Send(SimNode from, SimNode to, string name, Action deliver)
    {
        if (IsFaulty && random.Chance(4))
        {
            scheduler.Log($"{from.Id} -> {to.Id} {name} LOST");
            return;
        }

        Carry(from, to, name, deliver);
        if (IsFaulty && random.Chance(4))
        {
            Carry(from, to, name, deliver);
        }
    }

    private void Carry(SimNode from, SimNode to, string name, Action deliver)
    {
        var wasFaulty = IsFaulty;
        LateCount += wasFaulty ? 1 : 0;
        scheduler.After(HeldMicros(from, to) + DelayMicros(), () =>
        {
            LateCount -= wasFaulty ? 1 : 0;
            if (to.IsUp)
            {
                scheduler.Log($"{from.Id} -> {to.Id} {name}");
                deliver();
                to.AfterEvent();
            }
        });
    }

    private long HeldMicros(SimNode from, SimNode to) =>
        IsFaulty ? Math.Max(0, _heldUntil.GetValueOrDefault((from, to)) - scheduler.NowMicros) : 0;

    private long DelayMicros() => !IsFaulty ? random.Between(100, 1_000) : random.Between(1, 100) switch
    {
        <= 80 => random.Between(100, 2_000),
        <= 95 => random.Between(1_000, 40_000),
        _ => random.Between(10_000, 400_000),
    };
}
