using MimGrains.Core.Store;

namespace MimGrains.Core.Replication;

public sealed partial class TableReplica<TKey, TRecord>
{
    /// <summary>Returns whether <see cref="ScanIndexed"/> serves this prefix type.</summary>
    public bool IsIndexed<TPrefix>() => _store.IsIndexed<TPrefix>();

    /// <summary>Returns what a declared prefix finds, ascending by key. Needs no lock.</summary>
    public TResult[] ScanIndexed<TPrefix, TSelector, TResult>(TPrefix prefix)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>
        where TSelector : IEntrySelector<TKey, TRecord, TResult> =>
        _store.ScanIndexed<TPrefix, TSelector, TResult>(prefix);

    /// <summary>Returns how many records a declared prefix finds. Needs no lock.</summary>
    public long CountIndexed<TPrefix>(TPrefix prefix)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix> => _store.CountIndexed(prefix);

    /// <summary>Returns the records with a value of a secondary index, ascending by key. Needs no lock.</summary>
    /// <exception cref="ArgumentException">There is no index of that name, or it has other values.</exception>
    public TResult[] Lookup<TIndex, TSelector, TResult>(string index, TIndex value)
        where TIndex : notnull
        where TSelector : IEntrySelector<TKey, TRecord, TResult>
    {
        var found = _store.Index<TIndex>(index).Find(value);
        var results = new TResult[found.Count];
        var at = 0;
        foreach (var entry in found)
        {
            results[at++] = TSelector.Select(entry.Key, entry.Record!);
        }

        return results;
    }

    /// <summary>Returns how many records have a value of a secondary index. Needs no lock.</summary>
    /// <exception cref="ArgumentException">There is no index of that name, or it has other values.</exception>
    public int CountLookup<TIndex>(string index, TIndex value)
        where TIndex : notnull => _store.Index<TIndex>(index).Find(value).Count;

    /// <summary>Returns the records of this moment; the view may be read without a lock while writes go on.</summary>
    public TableView<TKey, TRecord> Capture() => new(_store.Capture());
}

/// <summary>The records of a table at one moment. Immutable; may be read by any thread.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
public readonly struct TableView<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly OrderedIndex<TKey, TRecord>.Snapshot _snapshot;

    internal TableView(OrderedIndex<TKey, TRecord>.Snapshot snapshot) => _snapshot = snapshot;

    /// <summary>Returns how many records there are.</summary>
    public int Count => _snapshot.Count;

    /// <summary>Enumerates all records, ascending by key.</summary>
    public IEnumerable<KeyValuePair<TKey, TRecord>> All()
    {
        for (var cursor = _snapshot.All(); cursor.MoveNext();)
        {
            yield return new(cursor.Current.Key, cursor.Current.Record!);
        }
    }

    /// <summary>Enumerates the records whose key starts with a prefix, ascending.</summary>
    /// <param name="prefix">Says 0 for keys that start with it, negative for greater ones, positive for lesser ones.</param>
    public IEnumerable<KeyValuePair<TKey, TRecord>> StartingWith<TPrefix>(TPrefix prefix)
        where TPrefix : IComparable<TKey> => While(_snapshot.From(prefix), prefix);

    /// <summary>Enumerates the records that start with a prefix and stand after a key, ascending.</summary>
    public IEnumerable<KeyValuePair<TKey, TRecord>> StartingWithAfter<TPrefix>(TPrefix prefix, TKey after)
        where TPrefix : IComparable<TKey>
    {
        // A key before the prefix's first one does not move the start back.
        return While(prefix.CompareTo(after) > 0 ? _snapshot.From(prefix) : _snapshot.After(after), prefix);
    }

    /// <summary>Enumerates the records between two probes.</summary>
    /// <param name="low">Says negative for every key of the range and all greater ones, otherwise positive.</param>
    /// <param name="high">Says positive for every key of the range and all lesser ones, otherwise negative.</param>
    /// <param name="isDescending">Whether the greatest key comes first.</param>
    public IEnumerable<KeyValuePair<TKey, TRecord>> Between<TLow, THigh>(TLow low, THigh high, bool isDescending)
        where TLow : IComparable<TKey>
        where THigh : IComparable<TKey>
    {
        if (isDescending)
        {
            for (var cursor = _snapshot.Before(high); cursor.MoveNext() && low.CompareTo(cursor.Current.Key) < 0;)
            {
                yield return new(cursor.Current.Key, cursor.Current.Record!);
            }
        }
        else
        {
            for (var cursor = _snapshot.From(low); cursor.MoveNext() && high.CompareTo(cursor.Current.Key) > 0;)
            {
                yield return new(cursor.Current.Key, cursor.Current.Record!);
            }
        }
    }

    private static IEnumerable<KeyValuePair<TKey, TRecord>> While<TPrefix>(
        OrderedIndex<TKey, TRecord>.Cursor cursor, TPrefix prefix)
        where TPrefix : IComparable<TKey>
    {
        while (cursor.MoveNext() && prefix.CompareTo(cursor.Current.Key) == 0)
        {
            yield return new(cursor.Current.Key, cursor.Current.Record!);
        }
    }
}
