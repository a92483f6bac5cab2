namespace MimGrains.Tables;

/// <summary>A secondary index of a table, without the type of its values.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
public abstract class TableIndex<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private protected TableIndex(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>Returns the name; unique in the table.</summary>
    public string Name { get; }

    /// <summary>Returns the property of the record whose value this is; null for a function of one's own.</summary>
    public string? Property { get; internal init; }

    /// <summary>Calls <paramref name="visitor"/> with the type of the values.</summary>
    public abstract TResult Accept<TResult>(ITableIndexVisitor<TKey, TRecord, TResult> visitor);
}

/// <summary>Receives an index with the type of its values.</summary>
public interface ITableIndexVisitor<TKey, TRecord, out TResult>
    where TKey : notnull
    where TRecord : class
{
    /// <summary>Called once.</summary>
    TResult Visit<TIndex>(TableIndex<TKey, TRecord, TIndex> index)
        where TIndex : notnull;
}

/// <summary>
/// A secondary index: finds the records of a table by a value that is derived from key and record. Declared once, as a static
/// field; given to <see cref="TableDefinition{TKey,TRecord}.WithIndex"/>, and to the look-ups.
/// </summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
/// <typeparam name="TIndex">Value: immutable, hashable.</typeparam>
/// <param name="name">Unique in the table.</param>
/// <param name="valueOf">
/// Returns the value of a record; null leaves the record out of the index. Must be pure, and safe on any thread. What it throws
/// for a record is thrown by the write of that record, before anything is written.
/// </param>
/// <param name="equality">How values are hashed and compared; null stands for the type's own way.</param>
public sealed class TableIndex<TKey, TRecord, TIndex>(
    string name, Func<TKey, TRecord, TIndex?> valueOf, IEqualityComparer<TIndex>? equality = null) : TableIndex<TKey, TRecord>(name)
    where TKey : notnull
    where TRecord : class
    where TIndex : notnull
{
    /// <summary>Returns the function that derives the value.</summary>
    public Func<TKey, TRecord, TIndex?> ValueOf { get; } = valueOf ?? throw new ArgumentNullException(nameof(valueOf));

    /// <summary>Returns how values are hashed and compared; null stands for the type's own way.</summary>
    public IEqualityComparer<TIndex>? Equality => equality;

    /// <inheritdoc/>
    public override TResult Accept<TResult>(ITableIndexVisitor<TKey, TRecord, TResult> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        return visitor.Visit(this);
    }
}

/// <summary>Makes indexes by properties of records.</summary>
public static class TableIndex
{
    /// <summary>
    /// Declares an index by a property of the record, which names the index as well. It is the same index wherever it is declared:
    /// of a persistent table it can be added and dropped by its name (<c>IPersistentTables.AddIndexAsync</c>).
    /// </summary>
    /// <typeparam name="TKey">Key.</typeparam>
    /// <typeparam name="TRecord">Record.</typeparam>
    /// <typeparam name="TIndex">Value: the type of the property.</typeparam>
    /// <param name="property">A public property with a getter, of exactly the type <typeparamref name="TIndex"/>.</param>
    /// <exception cref="ArgumentException">There is no such property.</exception>
    public static TableIndex<TKey, TRecord, TIndex> OfProperty<TKey, TRecord, TIndex>(string property)
        where TKey : notnull
        where TRecord : class
        where TIndex : notnull
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(property);
        var found = typeof(TRecord).GetProperty(property);
        if (found?.GetMethod is not { IsPublic: true, IsStatic: false } getter || found.PropertyType != typeof(TIndex))
        {
            throw new ArgumentException($"{typeof(TRecord)} has no public property {property} of type {typeof(TIndex)}.", nameof(property));
        }

        var get = getter.CreateDelegate<Func<TRecord, TIndex>>();
        return new TableIndex<TKey, TRecord, TIndex>(property, (_, record) => get(record)) { Property = property };
    }
}
