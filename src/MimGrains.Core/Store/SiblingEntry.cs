namespace MimGrains.Core.Store;

/// <summary>
/// What a replica knows of one key in a table that merges concurrent writes: every write that no other one has replaced, and
/// which writes were replaced and may still come. The record is what the resolver makes of the siblings.
/// </summary>
internal sealed class SiblingEntry<TKey, TRecord> : Entry<TKey, TRecord>
    where TRecord : class
{
    /// <summary>Ascending by (time, origin); empty in a tombstone.</summary>
    public required Sibling<TRecord>[] Siblings { get; init; }

    /// <summary>In the order in which they became known.</summary>
    public required Removal[] Removals { get; init; }
}

/// <summary>A write that no other one has replaced.</summary>
internal readonly record struct Sibling<TRecord>(Stamp Stamp, TRecord Record)
    where TRecord : class
{
    public LocalDot Dot => new(Stamp.Origin, Stamp.Sequence);
}

/// <summary>A write that was replaced, and the write that did it: the first must not come back.</summary>
internal readonly record struct Removal(LocalDot Dot, Stamp By);

/// <summary>Names a write, with the number of its origin in the <see cref="OriginTable"/> of the replica.</summary>
internal readonly record struct LocalDot(int Origin, long Sequence);
