using System.Numerics;

namespace MimGrains.Core.Store;

/// <summary>Tells a <see cref="HashIndex{TEntry,TChain}"/> which link and which hash of an entry are its own.</summary>
internal interface IChain<TEntry>
    where TEntry : class
{
    static abstract ref TEntry? Next(TEntry entry);

    static abstract int Hash(TEntry entry);
}

/// <summary>
/// A hash index whose chains run through the entries themselves. One writer at a time; any number of readers at any time,
/// without a lock.
/// </summary>
/// <remarks>
/// Linear hashing (Litwin, 1980): the index grows by one bucket at a time, so no insert ever pays for a whole rehash. A split
/// relinks one chain; a reader that was on it can lose its way and find nothing, so a miss counts only if no split ran
/// meanwhile (<see cref="_splits"/> is even and unchanged). A hit needs no such check.
/// </remarks>
internal sealed class HashIndex<TEntry, TChain>
    where TEntry : class
    where TChain : IChain<TEntry>
{
    private const int SegmentBits = 10;
    private const int SegmentSize = 1 << SegmentBits;

    private TEntry?[][] _segments = [new TEntry?[SegmentSize]];
    private int _bucketCount = SegmentSize;
    private int _count;

    // Odd while a chain is being split.
    private int _splits;

    public int Count => _count;

    /// <summary>Returns the first entry of the chain that holds every entry with this hash, among others.</summary>
    public TEntry? ChainOf(int hash)
    {
        var index = BucketOf(hash, Volatile.Read(ref _bucketCount));
        return Volatile.Read(ref Volatile.Read(ref _segments)[index >> SegmentBits][index & (SegmentSize - 1)]);
    }

    /// <summary>Returns what to pass to <see cref="IsMissCertain"/> after a walk that found nothing.</summary>
    public int BeginRead() => Volatile.Read(ref _splits);

    /// <summary>Whether no chain was split since <see cref="BeginRead"/>, so that what was not found is not there.</summary>
    public bool IsMissCertain(int begun) => (begun & 1) == 0 && Volatile.Read(ref _splits) == begun;

    public void Add(TEntry entry)
    {
        ref var head = ref Bucket(BucketOf(TChain.Hash(entry), _bucketCount));
        TChain.Next(entry) = head;
        Volatile.Write(ref head, entry);
        if (++_count > _bucketCount)
        {
            SplitOne();
        }
    }

    /// <summary>Puts <paramref name="entry"/> in the place of <paramref name="old"/>, which has the same hash.</summary>
    public void Replace(TEntry old, TEntry entry)
    {
        ref var link = ref LinkTo(old);
        TChain.Next(entry) = TChain.Next(old);
        Volatile.Write(ref link, entry);
    }

    public void Remove(TEntry entry)
    {
        // A reader that stands on the removed entry goes on along its link, which stays.
        ref var link = ref LinkTo(entry);
        Volatile.Write(ref link, TChain.Next(entry));
        _count--;
    }

    private static int BucketOf(int hash, int bucketCount)
    {
        // Buckets [0, half) and [half, bucketCount) exist, half <= bucketCount < 2 * half.
        var half = 1 << BitOperations.Log2((uint)bucketCount);
        var mixed = (uint)hash * 0x9E3779B1u;
        mixed ^= mixed >> 15;
        var index = (int)(mixed & (uint)((half << 1) - 1));
        return index < bucketCount ? index : index - half;
    }

    private ref TEntry? Bucket(int index) => ref _segments[index >> SegmentBits][index & (SegmentSize - 1)];

    private ref TEntry? LinkTo(TEntry entry)
    {
        ref var link = ref Bucket(BucketOf(TChain.Hash(entry), _bucketCount));
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

    private void SplitOne()
    {
        var added = _bucketCount;
        if (added == int.MaxValue)
        {
            return;
        }

        EnsureSegment(added >> SegmentBits);
        var split = added - (1 << BitOperations.Log2((uint)added));
        Volatile.Write(ref _splits, _splits + 1);
        Relink(split, added);
        Volatile.Write(ref _bucketCount, added + 1);
        Volatile.Write(ref _splits, _splits + 1);
    }

    // Keeps the order within both chains, so that no moment has a cycle.
    private void Relink(int split, int added)
    {
        var entry = Bucket(split);
        TEntry? stayTail = null;
        TEntry? moveTail = null;
        TEntry? stayHead = null;
        TEntry? moveHead = null;
        while (entry is not null)
        {
            var next = TChain.Next(entry);
            if (BucketOf(TChain.Hash(entry), added + 1) == added)
            {
                Append(ref moveHead, ref moveTail, entry);
            }
            else
            {
                Append(ref stayHead, ref stayTail, entry);
            }

            entry = next;
        }

        End(stayTail);
        End(moveTail);
        Volatile.Write(ref Bucket(added), moveHead);
        Volatile.Write(ref Bucket(split), stayHead);

        static void Append(ref TEntry? head, ref TEntry? tail, TEntry entry)
        {
            head ??= entry;
            if (tail is not null)
            {
                Volatile.Write(ref TChain.Next(tail), entry);
            }

            tail = entry;
        }

        static void End(TEntry? tail)
        {
            if (tail is not null)
            {
                Volatile.Write(ref TChain.Next(tail), null);
            }
        }
    }

    private void EnsureSegment(int segment)
    {
        if (segment < _segments.Length && _segments[segment] is not null)
        {
            return;
        }

        var segments = _segments;
        if (segment >= segments.Length)
        {
            Array.Resize(ref segments, segments.Length * 2);
        }

        segments[segment] = new TEntry?[SegmentSize];
        Volatile.Write(ref _segments, segments);
    }
}
