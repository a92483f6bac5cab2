namespace MimGrains.Core.Store;

/// <summary>
/// What a replica knows of one key: the record of the write that won, or that it was deleted. Everything but the two links
/// and the two marks is set once, so a reader that holds an entry sees one write, whole.
/// </summary>
internal class Entry<TKey, TRecord>
    where TRecord : class
{
    // Bits that the hash can do without: a field of their own would cost each record eight bytes.
    private const int BuriedMark = int.MinValue;
    private const int PastMark = 1 << 30;
    private const int Marks = BuriedMark | PastMark;

    private int _prefixHash;

    public required TKey Key { get; init; }

    /// <summary>
    /// The record of the write; null if it was a delete. One that is buried has it still, for those who hold the entry of before.
    /// </summary>
    public required TRecord? Record { get; init; }

    public required Stamp Stamp { get; init; }

    public required int Hash { get; init; }

    public required int PrefixHash
    {
        get => _prefixHash & ~Marks;
        init => _prefixHash = value & ~Marks;
    }

    // The links of the two hash indexes. Only HashIndex writes them.
    public Entry<TKey, TRecord>? Next;
    public Entry<TKey, TRecord>? PrefixNext;

    /// <summary>Whether the key has no record: it was deleted by this write, or the record was buried.</summary>
    public bool IsTombstone => Record is null || (Volatile.Read(ref _prefixHash) & BuriedMark) != 0;

    /// <summary>
    /// Whether the store knows something else of the key by now, or nothing any more. For the writer: a reader may have found the
    /// entry before that.
    /// </summary>
    public bool IsPast => (_prefixHash & PastMark) != 0;

    /// <summary>Makes a tombstone of the entry itself. Readers by the key see that at once, those who hold it do not.</summary>
    public void Bury() => Volatile.Write(ref _prefixHash, _prefixHash | BuriedMark);

    /// <summary>Makes it <see cref="IsPast"/>.</summary>
    public void Pass() => Volatile.Write(ref _prefixHash, _prefixHash | PastMark);

    /// <summary>Returns what <see cref="PrefixHash"/> keeps of a hash.</summary>
    public static int PrefixHashOf(int hash) => hash & ~Marks;
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
