namespace MimGrains.Core.Store;

internal sealed partial class TableStore<TKey, TRecord>
{
    private readonly SecondaryIndex<TKey, TRecord>[] _indexes;

    /// <summary>Throws what an index function throws for this record, before anything of it is kept.</summary>
    public void CheckIndexes(TKey key, TRecord record)
    {
        foreach (var index in _indexes)
        {
            index.Check(key, record);
        }
    }

    /// <summary>Returns a declared index.</summary>
    /// <exception cref="ArgumentException">There is none of that name, or it has other values.</exception>
    public SecondaryIndex<TKey, TRecord, TIndex> Index<TIndex>(string name)
        where TIndex : notnull
    {
        foreach (var index in _indexes)
        {
            if (index.Name == name)
            {
                return index as SecondaryIndex<TKey, TRecord, TIndex> ?? throw new ArgumentException(
                    $"Index {name} has values of {index.ValueType}, not of {typeof(TIndex)}.", nameof(name));
            }
        }

        throw new ArgumentException(
            $"There is no index {name}; declared are: [{string.Join(", ", _indexes.Select(index => index.Name))}].", nameof(name));
    }

    private void PutIndexes(Entry<TKey, TRecord>? old, Entry<TKey, TRecord> entry)
    {
        foreach (var index in _indexes)
        {
            index.Put(old, entry);
        }
    }
}
