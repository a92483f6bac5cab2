using MimGrains.Tables;

namespace MimGrains.Sessions.Tests;

internal sealed partial class MemoryTable<TKey, TRecord>
{
    public IReadOnlyList<TableEntry<TKey, TRecord>> Lookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull =>
        [.. Dump().Where(entry => Equals(index.ValueOf(entry.Key, entry.Record), value))];

    public long CountLookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull => Lookup(index, value).Count;

    public IEnumerable<TableEntry<TKey, TRecord>> Range(KeyRange<TKey> range)
    {
        var ascending = Dump().Where(entry =>
            !range.IsBelow(entry.Key, definition.Order) && !range.IsAbove(entry.Key, definition.Order));
        return range.IsDescending ? ascending.Reverse() : ascending;
    }

    public TablePage<TKey, TRecord> RangePage(
        KeyRange<TKey> range, int limit, string? continuation = null, Func<TableEntry<TKey, TRecord>, bool>? where = null) =>
        throw new NotSupportedException("Nothing that is tested here reads pages of a range.");

    public IEnumerable<TableEntry<TKey, TRecord>> Where(Func<TableEntry<TKey, TRecord>, bool> predicate) => Dump().Where(predicate);

    public Task<bool> DeleteObjectAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Nothing that is tested here deletes by record.");

    public Task<int> DeleteObjectsAsync(
        IReadOnlyCollection<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Nothing that is tested here deletes by record.");

    public IAsyncEnumerable<TableEntry<TKey, TRecord>> DumpAsync(string silo, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Nothing that is tested here reads another silo.");
}
