using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using MimGrains.Core.Watch;

namespace MimGrains.Core.Store;

/// <summary>
/// The records of one replica. Writes come one at a time (the replica's lock); reads come from any thread at any time and
/// take no lock.
/// </summary>
/// <remarks>
/// A write is kept if it beats the entry of its key by (time, origin), so replicas that have seen the same writes hold the
/// same records, in whatever order the writes came. A delete leaves a tombstone, which beats older writes that are still on
/// their way, until the replica knows that there are none (<see cref="Purge"/>). A table with a resolver keeps all concurrent
/// writes instead: see <c>TableStore.Siblings.cs</c>.
/// </remarks>
internal sealed partial class TableStore<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly TableSchema<TKey, TRecord> _schema;
    private readonly IEqualityComparer<TKey>? _equality;
    private readonly HashIndex<Entry<TKey, TRecord>, PrimaryChain> _primary = new();
    private readonly HashIndex<Entry<TKey, TRecord>, PrefixChain>? _prefixes;
    private readonly OrderedIndex<TKey, TRecord> _ordered;
    private readonly Queue<Entry<TKey, TRecord>> _tombstones = new();
    private long _count;

    public TableStore(TableSchema<TKey, TRecord> schema, OriginTable origins, SiblingFold<TKey, TRecord>? fold = null)
    {
        _schema = schema;
        _fold = fold;
        Origins = origins;
        _equality = typeof(TKey).IsValueType ? schema.Equality : schema.Equality ?? EqualityComparer<TKey>.Default;
        _prefixes = schema.PrefixIndex is null ? null : new();
        _ordered = new(schema.Order);
        _expiring = schema.TimeToLive is null ? null : new();
        _indexes = [.. schema.Indexes.Select(index => index.Make(schema.Order, schema.OnFault))];
    }

    public OriginTable Origins { get; }

    public long Count => Volatile.Read(ref _count);

    /// <summary>How many deletes are remembered.</summary>
    public int TombstoneCount => _tombstones.Count;

    /// <summary>Makes room for so many more records.</summary>
    public void Reserve(long records) => _primary.Reserve(records);

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record)
    {
        record = Find(key, HashOf(key)) is { IsTombstone: false } entry ? entry.Record : null;
        return record is not null;
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record, out Stamp stamp)
    {
        var entry = Find(key, HashOf(key));
        record = entry is { IsTombstone: false } ? entry.Record : null;
        stamp = record is null ? default : entry!.Stamp;
        return record is not null;
    }

    public Stamp? StampOf(TKey key) => Find(key, HashOf(key))?.Stamp;

    /// <summary>Keeps the write if it beats what is there. Returns whether it did.</summary>
    public bool Apply(TKey key, TRecord? record, in Stamp stamp)
    {
        var hash = HashOf(key);
        var old = Find(key, hash);
        if (old is not null && !Origins.Wins(stamp, old.Stamp))
        {
            return false;
        }

        var entry = new Entry<TKey, TRecord>
        {
            Key = KeptForm(key, old),
            Record = record,
            Stamp = stamp,
            Hash = hash,
            PrefixHash = PrefixHashOf(key),
        };
        Put(old, entry);
        return true;
    }

    /// <summary>Deletes records, with the stamps of their writes, so that the same writes cannot bring them back.</summary>
    /// <param name="entries">Ascending by key; all current (<see cref="IsCurrent"/>).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // Rare, and then in haste: not to be compiled twice.
    public void Bury(ReadOnlySpan<Entry<TKey, TRecord>> entries)
    {
        _ordered.RemoveRun(entries);
        foreach (var entry in entries)
        {
            BuryUnordered(entry);
        }
    }

    /// <summary>Whether an entry of a snapshot of this store still is the record of its key. Looks at the entry only.</summary>
    public static bool IsCurrent(Entry<TKey, TRecord> entry) => !entry.IsPast && !entry.IsTombstone;

    /// <summary>Returns the records as they are now.</summary>
    public OrderedIndex<TKey, TRecord>.Snapshot Capture() => _ordered.Capture();

    public Entry<TKey, TRecord>[] CaptureTombstones() => [.. _tombstones.Where(tombstone => !tombstone.IsPast)];

    /// <summary>Forgets tombstones, oldest first, up to the first that <paramref name="mayForget"/> denies.</summary>
    /// <returns>How many were forgotten.</returns>
    public int Purge(Func<Stamp, bool> mayForget, int limit)
    {
        var purged = 0;
        while (purged < limit && _tombstones.TryPeek(out var tombstone))
        {
            if (IsMerging)
            {
                if (!TryPurgeRemovals(tombstone, mayForget))
                {
                    break;
                }
            }
            else if (!tombstone.IsPast)
            {
                if (!mayForget(tombstone.Stamp))
                {
                    break;
                }

                Forget(tombstone);
            }

            _tombstones.Dequeue();
            purged++;
        }

        return purged;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int HashOf(TKey key) => typeof(TKey).IsValueType && _equality is null
        ? key.GetHashCode()
        : _equality!.GetHashCode(key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool AreEqual(TKey left, TKey right) => typeof(TKey).IsValueType && _equality is null
        ? EqualityComparer<TKey>.Default.Equals(left, right)
        : _equality!.Equals(left, right);

    private void Forget(Entry<TKey, TRecord> tombstone)
    {
        _primary.Remove(tombstone.Hash, tombstone);
        tombstone.Pass();
    }

    // The entry becomes its own tombstone: of a dead silo a great part of all records goes at once, and a new object for each
    // would be as much memory to clear, and for the collector to go through, while everybody waits for the records to be gone.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BuryUnordered(Entry<TKey, TRecord> entry)
    {
        _digest.Remove(DotHash(entry.Stamp));
        _prefixes?.Remove(entry.PrefixHash, entry);
        RemoveFromIndexes(entry);
        Changes?.Add(new LoggedChange<TKey, TRecord>(entry, entry, LostOwner: null, IsLoss: false));
        entry.Bury();
        Volatile.Write(ref _count, _count - 1);
        _tombstones.Enqueue(entry);
    }

    private TKey KeptForm(TKey key, Entry<TKey, TRecord>? old)
    {
        try
        {
            return old is not null ? old.Key : _schema.ShareKey is { } share ? share(key) : key;
        }
        catch (Exception exception)
        {
            _schema.OnFault?.Invoke($"sharing fails for key {key}, which stays as it is: {exception.Message}");
            return key;
        }
    }

    private Entry<TKey, TRecord>? Find(TKey key, int hash)
    {
        for (var entry = _primary.ChainOf(hash); entry is not null; entry = Volatile.Read(ref entry.Next))
        {
            if (AreEqual(entry.Key, key))
            {
                return entry;
            }
        }

        return null;
    }

    private void Put(Entry<TKey, TRecord>? old, Entry<TKey, TRecord> entry)
    {
        // The ordered index first: what a reader can get by its key is also in every snapshot taken from now on.
        PutOrdered(old, entry);
        PutUnordered(old, entry);
    }

    private void PutUnordered(Entry<TKey, TRecord>? old, Entry<TKey, TRecord> entry)
    {
        Digest(old, entry);
        if (old is null)
        {
            _primary.Add(entry.Hash, entry);
        }
        else
        {
            _primary.Replace(entry.Hash, old, entry);
            old.Pass();
        }

        PutPrefix(old, entry);
        PutIndexes(old, entry);
        PlanExpiry(entry);
        var change = (entry.IsTombstone ? 0 : 1) - (old is null || old.IsTombstone ? 0 : 1);
        Volatile.Write(ref _count, _count + change);
        if (entry is SiblingEntry<TKey, TRecord> siblings ? siblings.Removals.Length > 0 : entry.IsTombstone)
        {
            _tombstones.Enqueue(entry);
        }

        Record(old, entry);
    }

    private void PutOrdered(Entry<TKey, TRecord>? old, Entry<TKey, TRecord> entry)
    {
        // A tombstone for a key that has no record changes nothing.
        if (!entry.IsTombstone || old is { IsTombstone: false })
        {
            _ordered.Put(entry);
        }
    }

    private void PutPrefix(Entry<TKey, TRecord>? old, Entry<TKey, TRecord> entry)
    {
        if (_prefixes is null)
        {
            return;
        }

        var wasIn = old is { IsTombstone: false };
        if (wasIn && !entry.IsTombstone)
        {
            _prefixes.Replace(entry.PrefixHash, old!, entry);
        }
        else if (wasIn)
        {
            _prefixes.Remove(entry.PrefixHash, old!);
        }
        else if (!entry.IsTombstone)
        {
            _prefixes.Add(entry.PrefixHash, entry);
        }
    }

    private readonly struct PrimaryChain : IChain<Entry<TKey, TRecord>>
    {
        public static ref Entry<TKey, TRecord>? Next(Entry<TKey, TRecord> entry) => ref entry.Next;
    }

    private readonly struct PrefixChain : IChain<Entry<TKey, TRecord>>
    {
        public static ref Entry<TKey, TRecord>? Next(Entry<TKey, TRecord> entry) => ref entry.PrefixNext;
    }
}
