using MimGrains.Core.Transactions;

namespace MimGrains.Mnesia.Transactions;

/// <summary>What a transaction has written, in layers: one for each transaction that is nested in another one.</summary>
internal sealed class WriteSet
{
    private readonly List<Dictionary<string, Dictionary<RecordKey, List<FragmentWrite>>>> _layers =
        [new(StringComparer.Ordinal)];

    public int Depth => _layers.Count;

    public void Add(string table, FragmentWrite write)
    {
        var layer = _layers[^1];
        if (!layer.TryGetValue(table, out var ofTable))
        {
            layer.Add(table, ofTable = []);
        }

        var key = new RecordKey(write.Key);
        if (!ofTable.TryGetValue(key, out var ofKey))
        {
            ofTable.Add(key, ofKey = []);
        }

        ofKey.Add(write);
    }

    /// <summary>Returns the writes of a key, of all layers, in their order.</summary>
    public IEnumerable<FragmentWrite> Of(string table, RecordKey key) =>
        _layers.SelectMany(layer => layer.GetValueOrDefault(table)?.GetValueOrDefault(key) ?? []);

    /// <summary>Returns the keys of a table that were written.</summary>
    public IReadOnlySet<RecordKey> KeysOf(string table) =>
        _layers.SelectMany(layer => layer.GetValueOrDefault(table)?.Keys.AsEnumerable() ?? []).ToHashSet();

    public void Push() => _layers.Add(new(StringComparer.Ordinal));

    /// <summary>A nested transaction has ended.</summary>
    /// <param name="isKept">Whether its writes become those of the one around it.</param>
    public void Pop(bool isKept)
    {
        var layer = _layers[^1];
        _layers.RemoveAt(_layers.Count - 1);
        foreach (var (table, ofTable) in isKept ? layer : [])
        {
            foreach (var write in ofTable.Values.SelectMany(writes => writes))
            {
                Add(table, write);
            }
        }
    }

    /// <summary>Returns everything by fragment.</summary>
    public Dictionary<FragmentId, IReadOnlyList<FragmentWrite>> ByFragment(Func<string, RecordKey, FragmentId> fragmentOf) => _layers[0]
        .SelectMany(table => table.Value.Select(ofKey => (Fragment: fragmentOf(table.Key, ofKey.Key), Writes: ofKey.Value)))
        .GroupBy(ofKey => ofKey.Fragment)
        .ToDictionary(group => group.Key, group => (IReadOnlyList<FragmentWrite>)[.. group.SelectMany(ofKey => Shortened(ofKey.Writes))]);

    // What a later write of the key makes void need not travel. In a bag only a delete does.
    private static IEnumerable<FragmentWrite> Shortened(List<FragmentWrite> writes) =>
        writes.Skip(Math.Max(0, writes.FindLastIndex(write => write.Kind == WriteKind.Delete)));
}
