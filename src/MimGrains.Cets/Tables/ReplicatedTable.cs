using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using MimGrains.Cets.Leading;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Verify;
using MimGrains.Core.Log;
using MimGrains.Core.Replication;
using MimGrains.Core.Store;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

// Insert: encode -> under the lock: apply here, append to the log, join the gathering group -> signal the carrier -> await the group.
/// <summary>A table of this silo: <see cref="IReplicatedTable{TKey,TRecord}"/> over the replica.</summary>
internal sealed partial class ReplicatedTable<TKey, TRecord> : TableHost, IReplicatedTable<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    // A dump or a bulk write gives the lock back after so many records, so that others get their turn.
    private const int RecordsPerTurn = 256;

    private readonly TableDefinition<TKey, TRecord> _definition;
    private readonly TableReplica<TKey, TRecord> _replica;
    private readonly IOperationCodec<TKey, TRecord> _codec;
    private readonly ReplicationCarrier _carrier;
    private readonly Lazy<ReplicaComparer> _comparer;

    public ReplicatedTable(
        TableDefinition<TKey, TRecord> definition,
        TableReplica<TKey, TRecord> replica,
        IOperationCodec<TKey, TRecord> codec,
        ReplicationCarrier carrier,
        Lazy<ReplicaComparer> comparer,
        ReplicationOptions options,
        TimeProvider time,
        TableFaults faults,
        IServiceProvider services,
        Func<TableHost, LeaderCaller> leaderCaller)
        : base(replica, definition, options, time, faults)
    {
        _definition = definition;
        _indexes = [.. definition.Indexes];
        _replica = replica;
        _codec = codec;
        _carrier = carrier;
        Services = services;
        _comparer = comparer;
        _leaderCaller = new(() => leaderCaller(this));
    }

    private IServiceProvider Services { get; }

    public long Count => _replica.Count;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record)
    {
        if (key is null)
        {
            ArgumentNullException.ThrowIfNull(key);
        }

        return _replica.TryGet(key, out record);
    }

    public IReadOnlyList<TableEntry<TKey, TRecord>> Scan<TPrefix>(TPrefix prefix)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix> => _replica.IsIndexed<TPrefix>()
            ? _replica.ScanIndexed<TPrefix, EntrySelector, TableEntry<TKey, TRecord>>(prefix)
            : [.. Entries(Capture().StartingWith(prefix))];

    public IReadOnlyList<TableEntry<TKey, TRecord>> ScanPage<TPrefix>(TPrefix prefix, int limit)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return [.. Entries(Capture().StartingWith(prefix)).Take(limit)];
    }

    public IReadOnlyList<TableEntry<TKey, TRecord>> ScanPage<TPrefix>(TPrefix prefix, TKey after, int limit)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return [.. Entries(Capture().StartingWithAfter(prefix, after)).Take(limit)];
    }

    public long CountPrefix<TPrefix>(TPrefix prefix)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix> => _replica.IsIndexed<TPrefix>()
            ? _replica.CountIndexed(prefix)
            : Capture().StartingWith(prefix).LongCount();

    public IEnumerable<TableEntry<TKey, TRecord>> Dump() => Entries(Capture().All());

    public Task WaitForReadyAsync(CancellationToken cancellationToken = default) => Ready.WaitAsync(cancellationToken);

    public override void OnDumpHeader(DumpHeader header)
    {
        lock (Gate)
        {
            _replica.OnDumpHeader(header);
        }
    }

    public override void OnDumpChunk(DumpChunk chunk)
    {
        lock (Gate)
        {
            _replica.OnDumpChunk(chunk);
        }
    }

    private TableView<TKey, TRecord> Capture()
    {
        lock (Gate)
        {
            return _replica.Capture();
        }
    }

    private static IEnumerable<TableEntry<TKey, TRecord>> Entries(IEnumerable<KeyValuePair<TKey, TRecord>> records) =>
        records.Select(record => new TableEntry<TKey, TRecord>(record.Key, record.Value));

    private readonly struct EntrySelector : IEntrySelector<TKey, TRecord, TableEntry<TKey, TRecord>>
    {
        public static TableEntry<TKey, TRecord> Select(TKey key, TRecord record) => new(key, record);
    }
}
