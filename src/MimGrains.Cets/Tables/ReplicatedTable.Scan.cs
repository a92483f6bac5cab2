using MimGrains.Core.Replication;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

internal sealed partial class ReplicatedTable<TKey, TRecord>
{
    public IReadOnlyList<TableEntry<TKey, TRecord>> Lookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull
    {
        CheckIndex(index, value);
        return _replica.Lookup<TIndex, EntrySelector, TableEntry<TKey, TRecord>>(index.Name, value);
    }

    public long CountLookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull
    {
        CheckIndex(index, value);
        return _replica.CountLookup(index.Name, value);
    }

    public IEnumerable<TableEntry<TKey, TRecord>> Range(KeyRange<TKey> range) => Entries(Between(Capture(), range));

    public TablePage<TKey, TRecord> RangePage(
        KeyRange<TKey> range,
        int limit,
        string? continuation = null,
        Func<TableEntry<TKey, TRecord>, bool>? where = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var rest = continuation is null ? range : RestOf(range, continuation);
        List<TableEntry<TKey, TRecord>> found = [];
        foreach (var entry in Entries(Between(Capture(), rest)))
        {
            if (where is not null && !where(entry))
            {
                continue;
            }

            if (found.Count == limit)
            {
                return new(found, Continuation.After(Name, found[^1].Key, _codec));
            }

            found.Add(entry);
        }

        return new(found, null);
    }

    public IEnumerable<TableEntry<TKey, TRecord>> Where(Func<TableEntry<TKey, TRecord>, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return Entries(Capture().All()).Where(predicate);
    }

    private void CheckIndex<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(value);
        if (!_indexes.Contains(index))
        {
            throw new ArgumentException(
                $"Table {Name} does not declare this index {index.Name}; it declares: " +
                $"[{string.Join(", ", _indexes.Select(declared => declared.Name))}].",
                nameof(index));
        }
    }

    private IEnumerable<KeyValuePair<TKey, TRecord>> Between(TableView<TKey, TRecord> view, KeyRange<TKey> range) =>
        view.Between(new LowProbe(range, _definition.Order), new HighProbe(range, _definition.Order), range.IsDescending);

    private KeyRange<TKey> RestOf(KeyRange<TKey> range, string continuation)
    {
        var last = Continuation.Read(Name, continuation, _codec);
        if (range.IsBelow(last, _definition.Order) || range.IsAbove(last, _definition.Order))
        {
            throw new ArgumentException(
                $"Table {Name}: the continuation comes from another range; its key {last} is not in this one.", nameof(continuation));
        }

        return range.IsDescending ? range.LessThan(last) : range.GreaterThan(last);
    }

    private readonly struct LowProbe(KeyRange<TKey> range, IComparer<TKey> order) : IComparable<TKey>
    {
        public int CompareTo(TKey? other) => range.IsBelow(other!, order) ? 1 : -1;
    }

    private readonly struct HighProbe(KeyRange<TKey> range, IComparer<TKey> order) : IComparable<TKey>
    {
        public int CompareTo(TKey? other) => range.IsAbove(other!, order) ? -1 : 1;
    }
}
