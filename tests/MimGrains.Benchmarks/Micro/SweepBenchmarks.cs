using System.Buffers;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using MimGrains.Core.Identity;
using MimGrains.Core.Log;
using MimGrains.Core.Replication;
using MimGrains.Sessions;

namespace MimGrains.Benchmarks.Micro;

// Question: how long is a replica of 1,000,000 records busy with the third of them whose owner has died? Expect some cache
// misses for each record, and hardly anything allocated but the leaves of the ordered index that are copied. Each launch sweeps once,
// in a process that has only written so far, as a silo has.
[MemoryDiagnoser, SimpleJob(RunStrategy.ColdStart, launchCount: 5, iterationCount: 1)]
public class SweepBenchmarks
{
    private const int Records = 1_000_000;

    // As the adapter does.
    private const int Looks = 8_192;
    private const int Removals = 256;

    private static readonly string[] Silos = ["127.0.0.1:11111@1", "127.0.0.1:11112@1", "127.0.0.1:11113@1"];
    private TableReplica<SessionKey, SessionRecord> _replica = null!;

    /// <summary>Whether the dead silo's records stand between those of the others, or all behind them.</summary>
    [Params(false, true)]
    public bool Mixed { get; set; }

    /// <summary>Whether somebody watches the table.</summary>
    [Params(false, true)]
    public bool Watched { get; set; }

    [IterationSetup]
    public void Fill()
    {
        _replica = new(new ReplicaId(Silos[0]), TableStoreBenchmarks.SessionSchema(), new NoCodec());
        _replica.BecomeReady();
        for (var i = 0; i < Records; i++)
        {
            var silo = Silos[Mixed ? i % Silos.Length : SessionData.LoaderOf(i, Records, Silos.Length)];
            _replica.Insert(SessionData.Key(i, SessionData.ReadServer, silo), SessionData.Record(i), [], i + 1);
        }

        if (Watched)
        {
            _replica.RecordChanges(capacity: 4_096, maxBytes: long.MaxValue, () => { });
        }

        _replica.OnDead(new ReplicaId(Silos[^1]));
        GC.Collect();
    }

    [Benchmark]
    public long Sweep()
    {
        var sweep = _replica.BeginSweep()!;
        bool isMore;
        do
        {
            isMore = sweep.Find(Looks, Removals);
            sweep.Remove();
        }
        while (isMore);
        return sweep.Removed;
    }

    private sealed class NoCodec : IOperationCodec<SessionKey, SessionRecord>
    {
        public void Encode(SessionKey key, SessionRecord? record, IBufferWriter<byte> output) => throw new NotSupportedException();

        public void Decode(ReadOnlyMemory<byte> body, bool isDelete, out SessionKey key, out SessionRecord? record) =>
            throw new NotSupportedException();
    }
}
