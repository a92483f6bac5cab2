namespace MimGrains.Core.Store;

// A table with a resolver. A write replaces the writes of its key that its origin had seen, and says which: concurrent ones stay
// beside it. So all replicas that have seen the same writes hold the same siblings, in whatever order the writes came, and make
// the same record of them. A delete is a write that leaves no sibling: what its origin had not seen stays (an OR-set).
// Sources: Preguiça et al., "Dotted version vectors" (2010); Bieniusa et al., "An optimized conflict-free replicated set" (2012).
internal sealed partial class TableStore<TKey, TRecord>
{
    private readonly SiblingFold<TKey, TRecord>? _fold;

    /// <summary>Whether concurrent writes of a key are merged instead of the greater one staying.</summary>
    public bool IsMerging => _fold is not null;

    /// <summary>Returns the writes that a write of this key replaces now.</summary>
    public ReadOnlySpan<Sibling<TRecord>> SiblingsOf(TKey key) =>
        Find(key, HashOf(key)) is SiblingEntry<TKey, TRecord> entry ? entry.Siblings : [];

    /// <summary>
    /// Takes a write of a table that merges. May be called again with what was taken before, also in parts: the sibling without
    /// what it replaced, and what it replaced without the sibling.
    /// </summary>
    /// <param name="key">Key.</param>
    /// <param name="record">Null if the write leaves no sibling.</param>
    /// <param name="stamp">The write.</param>
    /// <param name="replaced">The writes that it replaced.</param>
    public void Merge(TKey key, TRecord? record, in Stamp stamp, ReadOnlySpan<LocalDot> replaced)
    {
        var hash = HashOf(key);
        var old = (SiblingEntry<TKey, TRecord>?)Find(key, hash);
        var removals = Removals(old, stamp, replaced);
        var siblings = Siblings(old, record, stamp, removals);
        if (siblings == old?.Siblings && removals == old.Removals)
        {
            return;
        }

        if (siblings.Length > 0 || removals.Length > 0)
        {
            Put(old, MakeEntry(key, hash, old, siblings, removals));
        }
    }

    /// <summary>Removes the siblings that are not wanted any more, so that their own writes cannot bring them back.</summary>
    /// <returns>Whether the record went with them.</returns>
    public bool BurySiblings(TKey key, Func<Sibling<TRecord>, bool> isUnwanted)
    {
        var hash = HashOf(key);
        if (Find(key, hash) is not SiblingEntry<TKey, TRecord> { IsTombstone: false } entry)
        {
            return false;
        }

        var unwanted = Array.FindAll(entry.Siblings, sibling => isUnwanted(sibling));
        if (unwanted.Length == 0)
        {
            return false;
        }

        var removals = entry.Removals.Concat(unwanted.Select(sibling => new Removal(sibling.Dot, sibling.Stamp))).ToArray();
        var rest = entry.Siblings.Except(unwanted).ToArray();
        Put(entry, MakeEntry(key, hash, entry, rest, removals));
        return rest.Length == 0;
    }

    // Forgets of a key's current entry what may be forgotten. Returns whether nothing is left that its place in the queue stands for.
    private bool TryPurgeRemovals(Entry<TKey, TRecord> queued, Func<Stamp, bool> mayForget)
    {
        if (Find(queued.Key, queued.Hash) is not SiblingEntry<TKey, TRecord> current)
        {
            return true;
        }

        var kept = Array.FindAll(current.Removals, removal => !mayForget(removal.By));
        if (kept.Length == current.Removals.Length)
        {
            // A later place in the queue stands for an entry that came after the queued one.
            return kept.Length == 0 || current != queued;
        }

        if (kept.Length == 0 && current.IsTombstone)
        {
            Forget(current);
        }
        else
        {
            Put(current, MakeEntry(current.Key, current.Hash, current, current.Siblings, kept));
        }

        return true;
    }

    private static Removal[] Removals(SiblingEntry<TKey, TRecord>? old, in Stamp stamp, ReadOnlySpan<LocalDot> replaced)
    {
        var known = old?.Removals ?? [];
        List<Removal>? removals = null;
        foreach (var dot in replaced)
        {
            if (!IsRemoved(known, dot))
            {
                (removals ??= [.. known]).Add(new Removal(dot, stamp));
            }
        }

        return removals?.ToArray() ?? known;
    }

    private Sibling<TRecord>[] Siblings(
        SiblingEntry<TKey, TRecord>? old, TRecord? record, in Stamp stamp, Removal[] removals)
    {
        var siblings = old?.Siblings ?? [];
        if (Array.Exists(siblings, sibling => IsRemoved(removals, sibling.Dot)))
        {
            siblings = Array.FindAll(siblings, sibling => !IsRemoved(removals, sibling.Dot));
        }

        var dot = new LocalDot(stamp.Origin, stamp.Sequence);
        if (record is null || IsRemoved(removals, dot) || Array.Exists(siblings, sibling => sibling.Dot == dot))
        {
            return siblings;
        }

        var at = siblings.Length;
        while (at > 0 && Origins.Wins(siblings[at - 1].Stamp, stamp))
        {
            at--;
        }

        return [.. siblings.AsSpan(0, at), new Sibling<TRecord>(stamp, record), .. siblings.AsSpan(at)];
    }

    private static bool IsRemoved(Removal[] removals, LocalDot dot) => Array.Exists(removals, removal => removal.Dot == dot);

    private SiblingEntry<TKey, TRecord> MakeEntry(
        TKey key, int hash, SiblingEntry<TKey, TRecord>? old, Sibling<TRecord>[] siblings, Removal[] removals) => new()
    {
        Key = KeptForm(key, old),
        Record = siblings == old?.Siblings ? old.Record : siblings.Length == 0 ? null : _fold!.RecordOf(key, siblings),
        Stamp = siblings.Length > 0 ? siblings[^1].Stamp : removals[^1].By,
        Hash = hash,
        PrefixHash = PrefixHashOf(key),
        Siblings = siblings,
        Removals = removals,
    };
}
