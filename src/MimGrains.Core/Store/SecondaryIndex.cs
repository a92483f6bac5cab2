using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace MimGrains.Core.Store;

/// <summary>Finds entries by a derived value; without the type of the values. One writer at a time, readers without a lock.</summary>
internal abstract class SecondaryIndex<TKey, TRecord>(string name, Type valueType)
    where TKey : notnull
    where TRecord : class
{
    public string Name => name;

    public Type ValueType => valueType;

    /// <summary>Throws what the index function throws.</summary>
    public abstract void Check(TKey key, TRecord record);

    /// <summary>An entry takes the place of another one of the same key, or of nothing. Tombstones are in no index.</summary>
    public abstract void Put(Entry<TKey, TRecord>? old, Entry<TKey, TRecord> entry);

    /// <summary>The record of an entry goes.</summary>
    public abstract void Remove(Entry<TKey, TRecord> entry);
}

/// <summary>A secondary index.</summary>
/// <remarks>
/// All entries of a value form a group that is never changed but replaced: what a reader takes is consistent, and stays so while
/// writes go on. A small group is an array; a large one a balanced tree, so that a write costs the logarithm of its size. Nothing
/// of the index hangs on the entries, so that tables without one pay nothing.
/// </remarks>
internal sealed class SecondaryIndex<TKey, TRecord, TIndex>(
    string name,
    Func<TKey, TRecord, TIndex?> valueOf,
    IEqualityComparer<TIndex>? equality,
    IComparer<TKey> order,
    Action<string>? onFault) : SecondaryIndex<TKey, TRecord>(name, typeof(TIndex))
    where TKey : notnull
    where TRecord : class
    where TIndex : notnull
{
    private const int ArrayMost = 32;
    private const int TreeLeast = ArrayMost / 2;

    private readonly ConcurrentDictionary<TIndex, IReadOnlyList<Entry<TKey, TRecord>>> _groups =
        new(concurrencyLevel: 1, capacity: 31, equality);

    private readonly IComparer<Entry<TKey, TRecord>> _byKey =
        Comparer<Entry<TKey, TRecord>>.Create((left, right) => order.Compare(left.Key, right.Key));

    /// <summary>Returns the entries with this value, ascending by key, as they are now; they stay as they are. Takes no lock.</summary>
    public IReadOnlyList<Entry<TKey, TRecord>> Find(TIndex value) => _groups.GetValueOrDefault(value) ?? [];

    public override void Check(TKey key, TRecord record) => valueOf(key, record);

    public override void Put(Entry<TKey, TRecord>? old, Entry<TKey, TRecord> entry)
    {
        var isOldIn = TryValueOf(old, out var oldValue);
        var isIn = TryValueOf(entry, out var value);
        if (isOldIn && !(isIn && _groups.Comparer.Equals(oldValue!, value!)))
        {
            Remove(oldValue!, old!);
        }

        if (isIn)
        {
            _groups[value!] = _groups.TryGetValue(value!, out var group) ? With(group, entry) : new[] { entry };
        }
    }

    public override void Remove(Entry<TKey, TRecord> entry)
    {
        if (TryValueOf(entry, out var value))
        {
            Remove(value!, entry);
        }
    }

    private bool TryValueOf(Entry<TKey, TRecord>? entry, out TIndex? value)
    {
        value = default;
        if (entry is not { IsTombstone: false, Record: not null })
        {
            return false;
        }

        try
        {
            value = valueOf(entry.Key, entry.Record);
            return value is not null;
        }
        catch (Exception exception)
        {
            // Where the record was written this was an error of the caller. Here it is one of the definition, and must not
            // keep the replica from applying what all others have: the record is left out.
            onFault?.Invoke($"index {Name} fails for key {entry.Key}, which is left out of it: {exception.Message}");
            return false;
        }
    }

    private void Remove(TIndex value, Entry<TKey, TRecord> entry)
    {
        if (!_groups.TryGetValue(value, out var group))
        {
            return;
        }

        var rest = Without(group, entry);
        if (rest.Count == 0)
        {
            _groups.TryRemove(value, out _);
        }
        else
        {
            _groups[value] = rest;
        }
    }

    private IReadOnlyList<Entry<TKey, TRecord>> With(IReadOnlyList<Entry<TKey, TRecord>> group, Entry<TKey, TRecord> entry)
    {
        if (group is not Entry<TKey, TRecord>[] array)
        {
            // An equal one would stay instead of the new one.
            return ((ImmutableSortedSet<Entry<TKey, TRecord>>)group).Remove(entry).Add(entry);
        }

        // Most keys come behind the others of their value.
        var at = order.Compare(array[^1].Key, entry.Key) < 0 ? ~array.Length : Array.BinarySearch(array, entry, _byKey);
        if (at >= 0)
        {
            var replaced = array.AsSpan().ToArray();
            replaced[at] = entry;
            return replaced;
        }

        if (array.Length == ArrayMost)
        {
            return array.ToImmutableSortedSet(_byKey).Add(entry);
        }

        var grown = new Entry<TKey, TRecord>[array.Length + 1];
        array.AsSpan(0, ~at).CopyTo(grown);
        grown[~at] = entry;
        array.AsSpan(~at).CopyTo(grown.AsSpan(~at + 1));
        return grown;
    }

    private IReadOnlyList<Entry<TKey, TRecord>> Without(IReadOnlyList<Entry<TKey, TRecord>> group, Entry<TKey, TRecord> entry)
    {
        if (group is not Entry<TKey, TRecord>[] array)
        {
            var tree = ((ImmutableSortedSet<Entry<TKey, TRecord>>)group).Remove(entry);
            return tree.Count < TreeLeast ? tree.ToArray() : tree;
        }

        return Array.FindAll(array, other => order.Compare(other.Key, entry.Key) != 0);
    }
}
