namespace MimGrains.Core.Store;

internal sealed partial class TableStore<TKey, TRecord>
{
    private readonly BucketDigest _digest = new();

    /// <summary>Returns the sums of all records. Tombstones are no part of them: replicas forget those at different times.</summary>
    public ulong[] CopyDigest() => _digest.Copy();

    /// <summary>Returns what an entry adds to the sums; its upper bits are its bucket.</summary>
    public ulong DotHash(in Stamp stamp) =>
        BucketDigest.HashOf(Origins.HashOf(stamp.Origin), stamp.Sequence, stamp.TimeMicros);

    /// <summary>Returns what is known of a key: its record or its tombstone.</summary>
    public Entry<TKey, TRecord>? EntryOf(TKey key) => Find(key, HashOf(key));

    /// <summary>Loses the record of a key, as only a broken replica does: for tests of what finds that.</summary>
    internal bool Damage(TKey key, TRecord? older, in Stamp olderStamp)
    {
        if (EntryOf(key) is not { IsTombstone: false } entry)
        {
            return false;
        }

        // Through a tombstone, so that every index forgets it; no trace of that stays.
        if (IsMerging)
        {
            BurySiblings(key, _ => true);
        }
        else
        {
            Bury([entry]);
        }

        ForgetTombstone(key);
        if (older is not null)
        {
            Apply(key, older, olderStamp);
        }

        return true;
    }

    /// <summary>Forgets a tombstone, as only a broken replica does before its time: for tests.</summary>
    internal void ForgetTombstone(TKey key)
    {
        if (EntryOf(key) is { IsTombstone: true } tombstone)
        {
            Forget(tombstone);
        }
    }

    private void Digest(Entry<TKey, TRecord>? old, Entry<TKey, TRecord> entry)
    {
        if (entry is SiblingEntry<TKey, TRecord> merged)
        {
            DigestSiblings(old as SiblingEntry<TKey, TRecord>, merged);
            return;
        }

        if (old is { IsTombstone: false })
        {
            _digest.Remove(DotHash(old.Stamp));
        }

        if (!entry.IsTombstone)
        {
            _digest.Add(DotHash(entry.Stamp));
        }
    }

    private void DigestSiblings(SiblingEntry<TKey, TRecord>? old, SiblingEntry<TKey, TRecord> entry)
    {
        foreach (var sibling in old?.Siblings ?? [])
        {
            _digest.Remove(DotHash(sibling.Stamp));
        }

        foreach (var sibling in entry.Siblings)
        {
            _digest.Add(DotHash(sibling.Stamp));
        }
    }
}
