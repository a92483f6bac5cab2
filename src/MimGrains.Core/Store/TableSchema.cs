namespace MimGrains.Core.Store;

/// <summary>What the core must know of a table's definition. Every function is pure and the same on every silo.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record, immutable.</typeparam>
public sealed record TableSchema<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    /// <summary>Returns the order of the keys.</summary>
    public required IComparer<TKey> Order { get; init; }

    /// <summary>Returns how keys are hashed and compared; null stands for the type's own way, which is faster for structs.</summary>
    public IEqualityComparer<TKey>? Equality { get; init; }

    /// <summary>Returns an equal key that shares memory with others; null stands for the key as it is.</summary>
    public Func<TKey, TKey>? ShareKey { get; init; }

    /// <summary>Returns the hash of a key's prefix, and for which prefix type; null when there is no prefix index.</summary>
    public (Type PrefixType, Func<TKey, int> HashOf)? PrefixIndex { get; init; }

    /// <summary>Returns the secondary indexes; their names are unique.</summary>
    public IReadOnlyList<IndexSchema<TKey, TRecord>> Indexes { get; init; } = [];

    /// <summary>
    /// Returns what becomes of two concurrent records of one key, the one with the lesser time first; must not depend on their
    /// order. Null: the record with the greater (time, origin) stays.
    /// </summary>
    public Func<TKey, TRecord, TRecord, TRecord>? Resolve { get; init; }

    /// <summary>
    /// Returns how long a record lives from the time of its write; null stands for ever. Null: no record expires.
    /// </summary>
    public Func<TKey, TRecord, TimeSpan?>? TimeToLive { get; init; }

    /// <summary>
    /// Called with a line of text when a function of the definition does what it must not, such as an index function that
    /// throws for a record of another silo; possibly with the replica's lock held. Thread-safe.
    /// </summary>
    public Action<string>? OnFault { get; init; }

    /// <summary>Returns the incarnation that a record belongs to; null stands for the one that wrote it.</summary>
    public Func<TKey, TRecord, string?>? OwnerOf { get; init; }

    /// <summary>Returns whether records of a dead owner stay.</summary>
    public bool KeepWhenOwnerDies { get; init; }
}

/// <summary>Makes what a reader gets out of a key and a record.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
/// <typeparam name="TResult">What is made.</typeparam>
public interface IEntrySelector<in TKey, in TRecord, out TResult>
{
    /// <summary>Returns what the reader gets.</summary>
    static abstract TResult Select(TKey key, TRecord record);
}
