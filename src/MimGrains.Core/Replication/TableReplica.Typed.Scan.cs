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
