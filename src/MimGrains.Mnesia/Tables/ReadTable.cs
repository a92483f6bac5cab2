using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>All records of a table on disc only, as they were read of its fragments. Immutable.</summary>
internal sealed class ReadTable<TKey, TRecord> : IRecordSource<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly IComparer<TKey> _order;
    private readonly (TKey Key, TRecord[] Records)[] _keys;

    /// <param name="parts">The table.</param>
    /// <param name="read">Its keys, each with its records, in any order.</param>
    public ReadTable(TableParts<TKey, TRecord> parts, IEnumerable<(byte[] Key, ArraySegment<byte[]> Records)> read)
    {
        _order = parts.Definition.Order;
        _keys = [.. read
            .Select(key => (parts.Bytes.ReadKey(key.Key), key.Records.Select(record => parts.Bytes.ReadRecord(record)).ToArray()))
            .OrderBy(key => key.Item1, _order)];
    }

    public IReadOnlyList<TRecord> GetAll(TKey key)
    {
        var (low, high) = (0, _keys.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _order.Compare(_keys[middle].Key, key) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low < _keys.Length && _order.Compare(_keys[low].Key, key) == 0 ? _keys[low].Records : [];
    }

    public IEnumerable<TableEntry<TKey, TRecord>> Range(KeyRange<TKey> range) =>
        (range.IsDescending ? Enumerable.Reverse(_keys) : _keys)
            .Where(key => !range.IsBelow(key.Key, _order) && !range.IsAbove(key.Key, _order))
            .SelectMany(key => key.Records.Select(record => new TableEntry<TKey, TRecord>(key.Key, record)));
}
