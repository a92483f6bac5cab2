namespace MimGrains.Core.Store;

/// <summary>Tells a <see cref="HashIndex{TEntry,TChain}"/> which link of an entry is its own.</summary>
internal interface IChain<TEntry>
    where TEntry : class
{
    static abstract ref TEntry? Next(TEntry entry);
}

/// <summary>
/// A hash index: leads from a hash to the chain of all entries with exactly that hash, the newest first. One writer at a time;
/// any number of readers at any time, without a lock.
/// </summary>
/// <remarks>
/// Open addressing with linear probing; the hash stands beside the head of its chain, so that a search costs one cache miss
/// before the entry, and a growth touches no entry. A slot once given to a hash stays its own, empty when its chain is; a
/// growth leaves empty slots out. Readers go on in the slots that they began with: what is written to larger ones meanwhile is
/// concurrent with them.
/// </remarks>
internal sealed class HashIndex<TEntry, TChain>
    where TEntry : class
    where TChain : IChain<TEntry>
{
    private const int MinSlots = 64;
    private const int MaxReservedSlots = 1 << 28;

    private Slot[] _slots = new Slot[MinSlots];

    // Slots given to a hash, with or without a chain.
    private int _taken;
    private int _chains;

    /// <summary>Returns the newest entry with this hash, from which the others follow; null if there is none.</summary>
    public TEntry? ChainOf(int hash)
    {
        var slots = Volatile.Read(ref _slots);
        for (var at = Start(slots, hash); ; at = After(slots, at))
        {
            ref var slot = ref slots[at];
            if (!Volatile.Read(ref slot.IsTaken))
            {
                return null;
            }

            if (slot.Hash == hash)
            {
                return Volatile.Read(ref slot.Head);
            }
        }
    }

    /// <summary>Grows at once to what so many more chains need.</summary>
    public void Reserve(long chains)
    {
        var slots = _slots.Length;
        while (slots < MaxReservedSlots && Limit(slots) < _chains + chains)
        {
            slots *= 2;
        }

        if (slots > _slots.Length)
        {
            GrowTo(slots);
        }
    }

    public void Add(int hash, TEntry entry)
    {
        ref var head = ref Take(hash);
        if (head is null)
        {
            _chains++;
        }

        TChain.Next(entry) = head;
        Volatile.Write(ref head, entry);
    }

    /// <summary>Puts <paramref name="entry"/> in the place of <paramref name="old"/>, which has the same hash.</summary>
    public void Replace(int hash, TEntry old, TEntry entry)
    {
        ref var link = ref LinkTo(hash, old);
        TChain.Next(entry) = TChain.Next(old);
        Volatile.Write(ref link, entry);
    }

    public void Remove(int hash, TEntry entry)
    {
        // A reader that stands on the removed entry goes on along its link, which stays.
        ref var link = ref LinkTo(hash, entry);
        var next = TChain.Next(entry);
        if (next is null && ReferenceEquals(ChainOf(hash), entry))
        {
            _chains--;
        }

        Volatile.Write(ref link, next);
    }

    private ref TEntry? LinkTo(int hash, TEntry entry)
    {
        ref var link = ref Take(hash);
        while (link is not null)
        {
            if (ReferenceEquals(link, entry))
            {
                return ref link;
            }

            link = ref TChain.Next(link);
        }

        throw new InvalidOperationException("The entry is not in the hash index: entry and index have diverged.");
    }

    private ref TEntry? Take(int hash)
    {
        ref var slot = ref Search(_slots, hash);
        if (slot.IsTaken)
        {
            return ref slot.Head;
        }

        if (_taken >= Limit(_slots.Length))
        {
            // Twice as many if the chains need them; as many if it is enough to leave out the empty ones.
            GrowTo(_chains >= Limit(_slots.Length) / 2 ? checked(_slots.Length * 2) : _slots.Length);
            slot = ref Search(_slots, hash);
        }

        _taken++;
        slot.Hash = hash;
        Volatile.Write(ref slot.IsTaken, true);
        return ref slot.Head;
    }

    private void GrowTo(int slots)
    {
        var grown = new Slot[slots];
        foreach (ref var slot in _slots.AsSpan())
        {
            if (slot.Head is not null)
            {
                Search(grown, slot.Hash) = slot;
            }
        }

        _taken = _chains;
        Volatile.Write(ref _slots, grown);
    }

    // The slot of a hash, or the free one that it would get.
    private static ref Slot Search(Slot[] slots, int hash)
    {
        var at = Start(slots, hash);
        while (slots[at].IsTaken && slots[at].Hash != hash)
        {
            at = After(slots, at);
        }

        return ref slots[at];
    }

    private static int Limit(int slots) => slots / 4 * 3;

    private static int Start(Slot[] slots, int hash)
    {
        var mixed = (uint)hash * 0x9E3779B1u;
        return (int)((mixed ^ (mixed >> 15)) & (uint)(slots.Length - 1));
    }

    private static int After(Slot[] slots, int at) => (at + 1) & (slots.Length - 1);

    // Hash counts once IsTaken is set, which is written last.
    private struct Slot
    {
        public TEntry? Head;
        public int Hash;
        public bool IsTaken;
    }
}
