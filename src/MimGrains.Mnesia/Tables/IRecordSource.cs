using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>The records of a persistent table, for searches: this silo's copy, or what was read of the fragments.</summary>
internal interface IRecordSource<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    /// <summary>Returns the records of a key.</summary>
    IReadOnlyList<TRecord> GetAll(TKey key);

    /// <summary>Returns the entries of a range, in its direction.</summary>
    IEnumerable<TableEntry<TKey, TRecord>> Range(KeyRange<TKey> range);
}
