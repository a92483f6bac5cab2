using MimGrains.Core.Identity;
using MimGrains.Core.Verify;

namespace MimGrains.Core.Replication;

// digest -> listings of the buckets that differ -> looks at the keys that differ -> mend. See Verify/Verification.cs.
public abstract partial class TableReplica
{
    /// <summary>Returns how many tombstones were forgotten.</summary>
    public long PurgedCount { get; private set; }

    /// <summary>Returns what is applied here: every write up to these positions, and no gap before them.</summary>
    public VersionVector Vector()
    {
        var positions = new List<KeyValuePair<ReplicaId, long>>(_inbounds.Count + 1) { new(Self, LastSequence) };
        foreach (var inbound in _inbounds.Values)
        {
            positions.Add(new(inbound.Id, PositionOf(inbound)));
        }

        return new VersionVector(positions);
    }

    // Covers all that was applied, also behind the gaps of a dead origin that is being levelled.
    private protected VersionVector UpperVector() =>
        new(_inbounds.Values.Select(inbound => KeyValuePair.Create(inbound.Id, inbound.Applied)));

    /// <summary>
    /// Returns whether everything that a vector covers is applied here. What a dead origin wrote counts when the survivors
    /// have levelled it: there is nothing more to come.
    /// </summary>
    public bool HasApplied(VersionVector vector)
    {
        ArgumentNullException.ThrowIfNull(vector);
        return IsReady && vector.Positions.All(position => position.Key == Self
            ? position.Value <= LastSequence
            : _inbounds.TryGetValue(position.Key, out var inbound)
                && (PositionOf(inbound) >= position.Value
                    || (inbound.IsDead && inbound.Levelling is null or { IsDone: true })));
    }

    /// <summary>Returns what this replica holds, in sums; null when it is not ready.</summary>
    public DigestReply? Digest() => IsReady ? new DigestReply(CopyDigest(), Count, _deadIds) : null;

    /// <summary>Begins to list the records of some buckets; null when this replica is not ready.</summary>
    /// <param name="buckets">Which.</param>
    /// <param name="after">Null, or the last key of the page before: a listing may be begun anew for each page.</param>
    public ListingReader? BeginListing(IReadOnlyCollection<int> buckets, ReadOnlyMemory<byte>? after = null)
    {
        ArgumentNullException.ThrowIfNull(buckets);
        return IsReady ? CaptureListing(buckets, Vector(), after) : null;
    }

    /// <summary>Returns what this replica knows of some keys.</summary>
    /// <param name="keys">Encoded.</param>
    /// <param name="after">What it must have applied before.</param>
    /// <param name="dead">What it must know to be dead.</param>
    /// <returns>Null when it is not ready, or has not applied <paramref name="after"/> yet.</returns>
    public LookReply? Look(
        IReadOnlyList<ReadOnlyMemory<byte>> keys, VersionVector after, IReadOnlyList<ReplicaId> dead)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(dead);
        NoteDeaths(dead);
        return HasApplied(after) ? new LookReply(Vector(), PurgedCount, [.. keys.Select(HeldOf)], _deadIds) : null;
    }

    /// <summary>Returns a key with its record, encoded, if this replica still holds it from this write; else null.</summary>
    public abstract ReadOnlyMemory<byte>? Fetch(ReadOnlyMemory<byte> key, WriteStamp stamp);

    /// <summary>Mends a key of this replica.</summary>
    /// <returns>Whether anything changed.</returns>
    public bool Mend(Mending mending)
    {
        ArgumentNullException.ThrowIfNull(mending);
        var isOutOfDate = mending.Kind != MendKind.Remove && mending.Purged != PurgedCount;
        return IsReady && !isOutOfDate && Apply(mending);
    }

    private protected abstract ulong[] CopyDigest();

    private protected abstract ListingReader CaptureListing(
        IReadOnlyCollection<int> buckets, VersionVector vector, ReadOnlyMemory<byte>? after);

    private protected abstract Held HeldOf(ReadOnlyMemory<byte> key);

    private protected abstract bool Apply(Mending mending);

    // While a dead origin is being levelled there may be gaps: only what stands before them counts.
    private static long PositionOf(Inbound inbound) =>
        inbound.Levelling is { IsDone: false } levelling ? levelling.Base : inbound.Applied;
}
