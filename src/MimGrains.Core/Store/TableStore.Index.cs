namespace MimGrains.Core.Store;

internal sealed partial class TableStore<TKey, TRecord>
{
    // Replaced, never changed: readers take no lock.
    private volatile SecondaryIndex<TKey, TRecord>[] _indexes;

    /// <summary>Throws what an index function throws for this record, before anything of it is kept.</summary>
    public void Check(TKey key, TRecord record)
    {
        _schema.PrefixIndex?.HashOf(key);
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

    /// <summary>Begins to keep an index. Writes go into it from now on; what is there already comes by the fill.</summary>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public IndexFill<TKey, TRecord> AddIndex(IndexSchema<TKey, TRecord> schema)
    {
        if (_indexes.Any(other => other.Name == schema.Name))
        {
            throw new ArgumentException($"There is an index {schema.Name} already.", nameof(schema));
        }

        var index = schema.Make(_schema.Order, _schema.OnFault);
        _indexes = [.. _indexes, index];
        return new IndexFill<TKey, TRecord>(this, index);
    }

    /// <summary>Keeps an index no longer. Returns whether there was one of that name.</summary>
    public bool DropIndex(string name)
    {
        var rest = Array.FindAll(_indexes, index => index.Name != name);
        var isThere = rest.Length < _indexes.Length;
        _indexes = rest;
        return isThere;
    }

    private int PrefixHashOf(TKey key)
    {
        try
        {
            return _schema.PrefixIndex?.HashOf(key) ?? 0;
        }
        catch (Exception exception)
        {
            _schema.OnFault?.Invoke($"the prefix fails for key {key}, which scans by it do not find: {exception.Message}");
            return 0;
        }
    }

    private void PutIndexes(Entry<TKey, TRecord>? old, Entry<TKey, TRecord> entry)
    {
        foreach (var index in _indexes)
        {
            index.Put(old, entry);
        }
    }

    private void RemoveFromIndexes(Entry<TKey, TRecord> entry)
    {
        foreach (var index in _indexes)
        {
            index.Remove(entry);
        }
    }
}
