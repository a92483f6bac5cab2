using MimGrains.Core.Identity;

namespace MimGrains.Core.Watch;

/// <summary>How far a reader of changes has come.</summary>
/// <param name="Replica">Whose changes it has read.</param>
/// <param name="Next">The number of the change that it has to read next there.</param>
/// <param name="Seen">Everything that this covers it has seen; perhaps more.</param>
/// <param name="Known">This covers everything that it has seen; perhaps more.</param>
/// <param name="Gone">The dead owners of whom it has seen every record go.</param>
/// <param name="Settled">
/// Up to this number it sees some changes for the second time, and records as they were before the ones that it has seen: until
/// then it can go on at this replica only.
/// </param>
public sealed record WatchPosition(
    ReplicaId Replica, long Next, VersionVector Seen, VersionVector Known, IReadOnlyList<string> Gone, long Settled);

/// <summary>What became of a record.</summary>
public enum ChangeKind
{
    /// <summary>There was none, and now there is.</summary>
    Inserted = 0,

    /// <summary>Another one took its place.</summary>
    Updated = 1,

    /// <summary>It was deleted.</summary>
    Deleted = 2,

    /// <summary>It was removed without a delete: its owner is dead, or replicas differed in it.</summary>
    Lost = 3,

    /// <summary>An owner is dead: its records are going to be removed.</summary>
    OwnerLost = 4,
}

/// <summary>A change that a replica has applied.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
/// <param name="Kind">What happened.</param>
/// <param name="Number">Its number on this replica; they only grow.</param>
/// <param name="Key">The key; without meaning if <paramref name="Kind"/> is <see cref="ChangeKind.OwnerLost"/>.</param>
/// <param name="Old">The record that was there.</param>
/// <param name="New">The record that is there now.</param>
/// <param name="Owner">The owner that is dead, if <paramref name="Kind"/> is <see cref="ChangeKind.OwnerLost"/>.</param>
public readonly record struct Change<TKey, TRecord>(
    ChangeKind Kind, long Number, TKey Key, TRecord? Old, TRecord? New, string? Owner)
    where TRecord : class;
