using System.Collections;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

/// <summary>The records of a dead silo for a handler: looked for when it asks, as a handler that does not need them is not to pay.</summary>
internal sealed class RecordsOnDemand<TKey, TRecord>(Func<IReadOnlyList<TableEntry<TKey, TRecord>>> find)
    : IReadOnlyList<TableEntry<TKey, TRecord>>
{
    private readonly Lazy<IReadOnlyList<TableEntry<TKey, TRecord>>> _records = new(find);

    public int Count => _records.Value.Count;

    public TableEntry<TKey, TRecord> this[int index] => _records.Value[index];

    public IEnumerator<TableEntry<TKey, TRecord>> GetEnumerator() => _records.Value.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
