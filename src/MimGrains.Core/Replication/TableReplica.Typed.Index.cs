using MimGrains.Core.Store;

namespace MimGrains.Core.Replication;

public sealed partial class TableReplica<TKey, TRecord>
{
    /// <summary>Begins to keep a secondary index. It finds everything once the returned function has said false.</summary>
    /// <param name="index">The index.</param>
    /// <returns>Puts at most so many of the records into it that were there before; says whether there are more. Needs the lock.</returns>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public Func<int, bool> AddIndex(IndexSchema<TKey, TRecord> index)
    {
        ArgumentNullException.ThrowIfNull(index);
        var store = _store;
        var fill = store.AddIndex(index);
        _schema = _schema with { Indexes = [.. _schema.Indexes, index] };

        // A replica that was made anew meanwhile has the index from its schema.
        return most => ReferenceEquals(store, _store) && fill.Put(most);
    }

    /// <summary>Keeps a secondary index no longer.</summary>
    /// <returns>Whether there was one of that name.</returns>
    public bool DropIndex(string name)
    {
        _schema = _schema with { Indexes = [.. _schema.Indexes.Where(index => index.Name != name)] };
        return _store.DropIndex(name);
    }
}
