namespace MimGrains.Core.Store;

/// <summary>
/// What a replica knows of one key: the record of the write that won, or that it was deleted. Everything but the two links
/// is set once, so a reader that holds an entry sees one write, whole.
/// </summary>
internal class Entry<TKey, TRecord>
    where TRecord : class
{
    public required TKey Key { get; init; }

    /// <summary>Null in a tombstone: the key was deleted by this write.</summary>
    public required TRecord? Record { get; init; }

    public required Stamp Stamp { get; init; }

    public required int Hash { get; init; }

    public required int PrefixHash { get; init; }

    // The links of the two hash indexes. Only HashIndex writes them.
    public Entry<TKey, TRecord>? Next;
    public Entry<TKey, TRecord>? PrefixNext;

    public bool IsTombstone => Record is null;
}

/// <summary>
/// Which write an entry stands for, and whose record it is: what a leader writes belongs to the caller. Origins and owners are
/// numbers in the <see cref="OriginTable"/> of their replica.
/// </summary>
internal readonly record struct Stamp(long Sequence, long TimeMicros, int Origin, int Owner)
{
    public Stamp(long sequence, long timeMicros, int origin)
        : this(sequence, timeMicros, origin, origin)
    {
    }
}
