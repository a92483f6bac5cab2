namespace MimGrains.Core.Store;

/// <summary>Puts the records that a table has into an index that was added to it, some at a time, while writes go on.</summary>
/// <remarks>
/// Writes since the index was added are in it. A record of then is put if it still is what its key has; otherwise a write has
/// replaced or removed it, and that write has gone into the index itself.
/// </remarks>
internal sealed class IndexFill<TKey, TRecord>(TableStore<TKey, TRecord> store, SecondaryIndex<TKey, TRecord> index)
    where TKey : notnull
    where TRecord : class
{
    private readonly OrderedIndex<TKey, TRecord>.Cursor _cursor = store.Capture().All();

    /// <summary>Puts some more. Needs the replica's lock.</summary>
    /// <returns>Whether there are more.</returns>
    public bool Put(int most)
    {
        for (var at = 0; at < most; at++)
        {
            if (!_cursor.MoveNext())
            {
                return false;
            }

            if (TableStore<TKey, TRecord>.IsCurrent(_cursor.Current))
            {
                index.Put(null, _cursor.Current);
            }
        }

        return true;
    }
}
