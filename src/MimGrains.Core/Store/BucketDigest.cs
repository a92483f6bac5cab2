namespace MimGrains.Core.Store;

/// <summary>
/// What a replica holds, as one sum for each bucket of writes: two replicas hold the same records exactly if all their sums
/// are equal (but for one chance in 2^52). Kept up to date with every write; needs the replica's lock.
/// </summary>
/// <remarks>
/// A write is one record of one key, so the dots that are held say what is held. The bucket is chosen by the dot, not by the
/// key: equal keys need not be encoded equally, and their hash codes differ from process to process. A key whose records
/// differ shows in the bucket of either write.
/// </remarks>
internal sealed class BucketDigest
{
    /// <summary>Many more than writes are usually under way: a bucket that differs by chance is rarely the same one twice.</summary>
    public const int Buckets = 2_048;

    private const int BucketShift = 53;

    private readonly ulong[] _sums = new ulong[Buckets];

    /// <summary>Returns the sums as they are now.</summary>
    public ulong[] Copy() => [.. _sums];

    public void Add(ulong hash) => _sums[BucketOf(hash)] += hash;

    public void Remove(ulong hash) => _sums[BucketOf(hash)] -= hash;

    public static int BucketOf(ulong hash) => (int)(hash >> BucketShift);

    /// <summary>Returns the same on every silo for the same write.</summary>
    public static ulong HashOf(ulong originHash, long sequence, long timeMicros)
    {
        // The finalizer of MurmurHash3 (Austin Appleby, public domain), over all that a stamp says.
        var hash = originHash + ((ulong)sequence * 0x9E3779B97F4A7C15) + ((ulong)timeMicros * 0xC2B2AE3D27D4EB4F);
        hash ^= hash >> 33;
        hash *= 0xFF51AFD7ED558CCD;
        hash ^= hash >> 33;
        hash *= 0xC4CEB9FE1A85EC53;
        return hash ^ (hash >> 33);
    }

    /// <summary>Returns the same on every silo for the same name, unlike <c>string.GetHashCode</c>.</summary>
    public static ulong HashOf(string origin)
    {
        // FNV-1a.
        var hash = 0xCBF29CE484222325;
        foreach (var character in origin)
        {
            hash = (hash ^ character) * 0x100000001B3;
        }

        return hash;
    }
}
