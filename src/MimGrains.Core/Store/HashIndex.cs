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
/// Open addressing with linear probing. The hashes stand beside the entries, so that a probe, and a growth, touch no entry
/// that is not looked for. A slot once given to a hash stays its own, empty when its chain is; a growth leaves empty slots
/// out. Readers go on in the slots that they began with: what is written to larger ones meanwhile is concurrent with them.
/// </remarks>
internal sealed class HashIndex<TEntry, TChain>
    where TEntry : class
    where TChain : IChain<TEntry>
{
    private const int MinSlots = 1_024;

    private Slots _slots = new(MinSlots);

    // Slots given to a hash, with or without a chain.
    private int _taken;
    private int _chains;

    /// <summary>Returns the newest entry with this hash, from which the others follow; null if there is none.</summary>
    public TEntry? ChainOf(int hash)
    {
        var slots = Volatile.Read(ref _slots);
        for (var at = slots.Start(hash); ; at = slots.After(at))
        {
            if (!slots.IsTaken(at))
            {
                return null;
            }

            if (slots.Hashes[at] == hash)
            {
                return Volatile.Read(ref slots.Heads[at]);
            }
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
        var slots = _slots;
        var at = slots.Start(hash);
        while (slots.IsTaken(at))
        {
            if (slots.Hashes[at] == hash)
            {
                return ref slots.Heads[at];
            }

            at = slots.After(at);
        }

        if (_taken >= slots.Limit)
        {
            slots = Grow(slots);
            at = slots.Start(hash);
            while (slots.IsTaken(at))
            {
                at = slots.After(at);
            }
        }

        _taken++;
        slots.Give(at, hash);
        return ref slots.Heads[at];
    }

    private Slots Grow(Slots old)
    {
        // Twice as many if the chains need them; as many if it is enough to leave out the empty ones.
        var grown = new Slots(_chains >= old.Limit / 2 ? checked(old.Count * 2) : old.Count);
        for (var from = 0; from < old.Count; from++)
        {
            if (old.Heads[from] is not { } head)
            {
                continue;
            }

            var at = grown.Start(old.Hashes[from]);
            while (grown.IsTaken(at))
            {
                at = grown.After(at);
            }

            grown.Heads[at] = head;
            grown.Give(at, old.Hashes[from]);
        }

        _taken = _chains;
        Volatile.Write(ref _slots, grown);
        return grown;
    }

    // A slot is taken once its bit is set. That makes hash 0 a hash as any other.
    private sealed class Slots(int count)
    {
        public readonly int[] Hashes = new int[count];
        public readonly TEntry?[] Heads = new TEntry?[count];
        private readonly int[] _taken = new int[count >> 5];

        public int Count => count;

        public int Limit => count / 4 * 3;

        public int Start(int hash)
        {
            var mixed = (uint)hash * 0x9E3779B1u;
            return (int)((mixed ^ (mixed >> 15)) & (uint)(count - 1));
        }

        public int After(int at) => (at + 1) & (count - 1);

        public bool IsTaken(int at) => (Volatile.Read(ref _taken[at >> 5]) & (1 << at)) != 0;

        public void Give(int at, int hash)
        {
            Hashes[at] = hash;
            Volatile.Write(ref _taken[at >> 5], _taken[at >> 5] | (1 << at));
        }
    }
}
