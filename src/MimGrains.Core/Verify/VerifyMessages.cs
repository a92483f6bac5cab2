using MimGrains.Core.Identity;

namespace MimGrains.Core.Verify;

/// <summary>What a replica holds, in sums.</summary>
/// <param name="Sums">One for each bucket; as many on every silo.</param>
/// <param name="Records">How many records it holds.</param>
/// <param name="Dead">All incarnations that it knows to be dead.</param>
public sealed record DigestReply(IReadOnlyList<ulong> Sums, long Records, IReadOnlyList<ReplicaId> Dead);

/// <summary>A record that a replica holds.</summary>
/// <param name="Key">The key, encoded.</param>
/// <param name="Stamp">The write that it comes from.</param>
public readonly record struct ListedWrite(ReadOnlyMemory<byte> Key, WriteStamp Stamp);

/// <summary>Some of the records of the asked buckets, in the order of their keys.</summary>
/// <param name="Writes">The records.</param>
/// <param name="IsLast">Whether there are no more.</param>
public sealed record ListingPage(IReadOnlyList<ListedWrite> Writes, bool IsLast);

/// <summary>Lists the records of some buckets as they were at one moment: pages may be made without the replica's lock.</summary>
public abstract class ListingReader
{
    private protected ListingReader(VersionVector vector) => Vector = vector;

    /// <summary>Returns what was applied at that moment.</summary>
    public VersionVector Vector { get; }

    /// <summary>Returns the next page.</summary>
    /// <param name="maxWrites">At least 1.</param>
    /// <param name="maxBytes">The page ends after the key that reaches this size.</param>
    public abstract ListingPage Next(int maxWrites, int maxBytes);
}

/// <summary>All pages of a listing.</summary>
/// <param name="Vector">What was applied when the first page began; later pages may show more.</param>
/// <param name="Writes">The records of the asked buckets.</param>
public sealed record Listing(VersionVector Vector, IReadOnlyList<ListedWrite> Writes);

/// <summary>What a replica knows of a key.</summary>
public enum Holding
{
    /// <summary>Nothing.</summary>
    Nothing = 0,

    /// <summary>A record.</summary>
    Record = 1,

    /// <summary>That it was deleted, until that is forgotten.</summary>
    Tombstone = 2,

    /// <summary>A record whose owner is dead: it is being removed.</summary>
    Orphan = 3,
}

/// <summary>What a replica knows of one key, and from which write; no write with <see cref="Holding.Nothing"/>.</summary>
public readonly record struct Held(Holding Holding, WriteStamp Stamp);

/// <summary>What a replica knows of some keys at one moment.</summary>
/// <param name="Vector">What was applied at that moment.</param>
/// <param name="Purged">How many tombstones the replica had forgotten: see <see cref="Mending.Purged"/>.</param>
/// <param name="Held">In the order of the asked keys.</param>
/// <param name="Dead">All incarnations that it knows to be dead: of what they wrote it may never get all.</param>
public sealed record LookReply(VersionVector Vector, long Purged, IReadOnlyList<Held> Held, IReadOnlyList<ReplicaId> Dead);

/// <summary>What is to become of a key on one replica.</summary>
/// <param name="Key">The key, encoded; with the record behind it if <paramref name="Kind"/> is <see cref="MendKind.Put"/>.</param>
/// <param name="Stamp">The write that is put in, or that is to go.</param>
/// <param name="Kind">What is to be done.</param>
/// <param name="Purged">
/// How many tombstones the replica had forgotten when it was looked at. If it has forgotten more since, one of them may have
/// been that of a later delete, and nothing is put in.
/// </param>
public sealed record Mending(ReadOnlyMemory<byte> Key, WriteStamp Stamp, MendKind Kind, long Purged);

/// <summary>Ways to mend a key.</summary>
public enum MendKind
{
    /// <summary>Put in the record, unless something later is known of the key.</summary>
    Put = 0,

    /// <summary>Put in that it was deleted, unless something later is known of the key.</summary>
    PutDelete = 1,

    /// <summary>Remove the record if it still is of exactly this write.</summary>
    Remove = 2,
}
