using BenchmarkDotNet.Attributes;
using MimGrains.Core.Identity;
using MimGrains.Core.Store;
using MimGrains.Sessions;

namespace MimGrains.Benchmarks.Micro;

// Question: what do reads and writes of one replica cost without the cluster, and how do they grow with its records?
// Expect reads that allocate nothing (a scan: its result) and grow by cache misses alone; a write to grow with the
// depth of the ordered index.
[MemoryDiagnoser]
public class TableStoreBenchmarks
{
    private const string Silo = "127.0.0.1:11111@1";
    private const int Writes = 10_000;
    private TableStore<SessionKey, SessionRecord> _store = null!;
    private int _origin;
    private SessionKey[] _keys = [];
    private UserPrefix[] _users = [];
    private SessionRecord _record = null!;
    private long _sequence;
    private int _next;

    [Params(100_000, 1_000_000)]
    public int Records { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var origins = new OriginTable();
        _origin = origins.NumberOf(new ReplicaId(Silo));
        _store = new(SessionSchema(), origins);
        for (var i = 0; i < Records; i++)
        {
            _store.Apply(SessionData.Key(i, SessionData.ReadServer, Silo), SessionData.Record(i), NextStamp());
        }

        // Keys with strings of their own, in random order.
        var indexes = Enumerable.Range(0, Records).ToArray();
        new Random(17).Shuffle(indexes);
        _keys = Array.ConvertAll(indexes, i => SessionData.Key(i, SessionData.ReadServer, Silo));
        _users = Array.ConvertAll(indexes, i => SessionData.UserOf(i, SessionData.ReadServer));
        _record = SessionData.Record(0);
    }

    [Benchmark]
    public bool Lookup() => _store.TryGet(_keys[Next()], out _);

    [Benchmark]
    public int ScanUser() => _store.ScanIndexed<UserPrefix, KeySelector, SessionKey>(_users[Next()]).Length;

    [Benchmark(OperationsPerInvoke = Writes)]
    public void Replace()
    {
        for (var i = 0; i < Writes; i++)
        {
            _store.Apply(_keys[Next()], _record, NextStamp());
        }
    }

    internal static TableSchema<SessionKey, SessionRecord> SessionSchema()
    {
        var definition = SessionTable.Definition;
        var index = definition.PrefixIndexes.Single();
        return new()
        {
            Order = definition.Order,
            PrefixIndex = (index.PrefixType, index.HashOf),
            OwnerOf = definition.OwnerOf,
        };
    }

    private Stamp NextStamp() => new(++_sequence, _sequence, _origin);

    private int Next() => _next = _next + 1 < Records ? _next + 1 : 0;

    private readonly struct KeySelector : IEntrySelector<SessionKey, SessionRecord, SessionKey>
    {
        public static SessionKey Select(SessionKey key, SessionRecord record) => key;
    }
}
