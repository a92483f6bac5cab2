using MimGrains.Core.Consensus;

namespace MimGrains.Simulation.Consensus;

/// <summary>The disk of a node: one save after the other, each takes its time, and a crash in between may or may not
/// leave it.</summary>
internal sealed class SimDisk(Scheduler scheduler, SplitMix64 random)
{
    private byte[]? _saved;
    private byte[]? _saving;
    private int _run;

    public bool IsBusy => _saving is not null;

    public bool IsSlow { get; set; }

    public Acceptor? Load() => _saved is null ? null : RegisterCodec.DecodeAcceptor(_saved);

    public void Save(Acceptor acceptor, Action then)
    {
        _saving = RegisterCodec.Encode(acceptor);
        var run = _run;
        scheduler.After(IsSlow ? random.Between(1_000, 60_000) : random.Between(50, 3_000), () =>
        {
            if (run == _run)
            {
                (_saved, _saving) = (_saving, null);
                then();
            }
        });
    }

    public void Crash()
    {
        _run++;
        if (_saving is not null && random.Chance(50))
        {
            _saved = _saving;
        }

        _saving = null;
    }

    public void Lose() => _saved = null;
}
