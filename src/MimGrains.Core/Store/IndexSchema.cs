namespace MimGrains.Core.Store;

/// <summary>A secondary index of a table, without the type of its values.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
public abstract class IndexSchema<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private protected IndexSchema(string name) => Name = name;

    /// <summary>Returns the name; unique in the table.</summary>
    public string Name { get; }

    internal abstract SecondaryIndex<TKey, TRecord> Make(IComparer<TKey> order, Action<string>? onFault);
}

/// <summary>A secondary index: finds records by a value that is derived from key and record.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
/// <typeparam name="TIndex">Value.</typeparam>
/// <param name="name">Unique in the table.</param>
/// <param name="valueOf">Returns the value of a record; null leaves the record out. Pure.</param>
/// <param name="equality">How values are hashed and compared; null stands for the type's own way.</param>
public sealed class IndexSchema<TKey, TRecord, TIndex>(
    string name, Func<TKey, TRecord, TIndex?> valueOf, IEqualityComparer<TIndex>? equality = null)
    : IndexSchema<TKey, TRecord>(name)
    where TKey : notnull
    where TRecord : class
    where TIndex : notnull
{
    internal override SecondaryIndex<TKey, TRecord> Make(IComparer<TKey> order, Action<string>? onFault) =>
        new SecondaryIndex<TKey, TRecord, TIndex>(Name, valueOf, equality, order, onFault);
}
