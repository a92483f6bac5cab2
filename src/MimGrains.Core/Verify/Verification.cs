using MimGrains.Core.Identity;
using MimGrains.Core.Store;

namespace MimGrains.Core.Verify;

/// <summary>A key of which replicas hold different things although each has applied what the others had.</summary>
/// <param name="Key">The key, encoded.</param>
/// <param name="Held">What each replica knows of it.</param>
public sealed record KeyDifference(ReadOnlyMemory<byte> Key, IReadOnlyList<KeyValuePair<ReplicaId, Held>> Held);

/// <summary>What mends one key on one replica.</summary>
/// <param name="Target">Where it is to be mended.</param>
/// <param name="Source">Who has the record that is put in; null if none is.</param>
/// <param name="Mending">What is to be done; the record comes from <paramref name="Source"/>.</param>
public sealed record Repair(ReplicaId Target, ReplicaId? Source, Mending Mending);

// digests (again, while buckets differ) -> listings of some of the buckets that always differed -> first look at the keys
// that may differ -> second look, at replicas that have applied what all had at the first -> differences, repairs
/// <summary>
/// Compares the replicas of a table while writers go on. Whoever drives it asks all replicas for each step, and gives it all
/// their answers; if one does not answer, the comparison is begun again without it.
/// </summary>
/// <remarks>
/// <para>What a replica holds follows from what it has applied. So replicas that differ in a key are broken only if one of
/// them has applied what the other had when it did not hold the same: a write that is still on its way explains everything
/// else.</para>
/// <para>Buckets are compared several times first: writes under way make now this, now that bucket differ, damage always the
/// same one. Records of dead owners are no part: each replica removes them in its own time.</para>
/// <para>Not thread-safe.</para>
/// </remarks>
public sealed partial class Verification
{
    /// <summary>How often sums are compared before records are.</summary>
    public const int DigestRounds = 4;

    /// <summary>Most keys of one look.</summary>
    public const int KeysPerLook = 500;

    /// <summary>Most differences that are kept, with their repairs; those after them are only counted.</summary>
    public const int MaxDifferences = 10_000;

    // About as many records of each replica are listed at once.
    private const int RecordsPerListing = 20_000;

    private readonly SortedSet<ReplicaId> _replicas;
    private readonly int _digestRounds;
    private readonly List<KeyDifference> _differences = [];
    private readonly List<Repair> _repairs = [];
    private readonly HashSet<WriteStamp> _judged = [];
    private Queue<int>? _buckets;
    private Queue<ReadOnlyMemory<byte>> _suspects = [];
    private List<ReadOnlyMemory<byte>> _keys = [];
    private IReadOnlyDictionary<ReplicaId, LookReply>? _firstLook;
    private int _rounds;
    private int _bucketsPerListing;

    /// <summary>Begins a comparison.</summary>
    /// <param name="replicas">All live replicas.</param>
    /// <param name="digestRounds">How often sums are compared at most; with fewer, more keys are looked at in vain.</param>
    public Verification(IEnumerable<ReplicaId> replicas, int digestRounds = DigestRounds)
    {
        _replicas = [.. replicas];
        _digestRounds = digestRounds;
    }

    /// <summary>Returns who takes part: not those whom another one knows to be dead.</summary>
    public IReadOnlyCollection<ReplicaId> Replicas => _replicas;

    /// <summary>Returns all incarnations that somebody knows to be dead: everybody who is looked at must know.</summary>
    public IReadOnlyList<ReplicaId> Dead { get; private set; } = [];

    /// <summary>Returns how many records the replica with the most of them had.</summary>
    public long Records { get; private set; }

    /// <summary>Returns how many keys differ.</summary>
    public int DifferenceCount { get; private set; }

    /// <summary>Returns the keys that differ, up to <see cref="MaxDifferences"/>.</summary>
    public IReadOnlyList<KeyDifference> Differences => _differences;

    /// <summary>Returns what mends them.</summary>
    public IReadOnlyList<Repair> Repairs => _repairs;

    /// <summary>Returns how many keys were looked at.</summary>
    public int KeysLookedAt { get; private set; }

    /// <summary>Returns what replicas must have applied before they are looked at.</summary>
    public VersionVector Awaited { get; private set; } = VersionVector.Empty;

    /// <summary>All replicas have told their sums.</summary>
    /// <returns>Whether they are to be asked again.</returns>
    public bool OnDigests(IReadOnlyDictionary<ReplicaId, DigestReply> replies)
    {
        ArgumentNullException.ThrowIfNull(replies);
        NoteDeaths(replies.Values.SelectMany(reply => reply.Dead));
        var compared = _replicas.Select(replica => replies[replica]).ToList();
        if (compared.Count == 0)
        {
            _buckets = [];
            return false;
        }

        Records = compared.Max(reply => reply.Records);
        _bucketsPerListing = (int)Math.Max(1, RecordsPerListing / ((Records / BucketDigest.Buckets) + 1));
        _buckets = new(Differing(compared, _buckets ?? Enumerable.Range(0, BucketDigest.Buckets)));
        return ++_rounds < _digestRounds && _buckets.Count > 0;
    }

    /// <summary>Hands out the buckets that are to be listed next; none when the comparison has ended.</summary>
    public IReadOnlyList<int> TakeBuckets()
    {
        List<int> taken = [];
        while (taken.Count < _bucketsPerListing && _buckets!.TryDequeue(out var bucket))
        {
            taken.Add(bucket);
        }

        return taken;
    }

    /// <summary>All replicas have listed the buckets that were taken.</summary>
    public void OnListings(IReadOnlyDictionary<ReplicaId, Listing> listings)
    {
        ArgumentNullException.ThrowIfNull(listings);
        var held = listings.ToDictionary(
            listing => listing.Key, listing => listing.Value.Writes.Select(write => write.Stamp).ToHashSet());
        _suspects = new(_replicas
            .SelectMany(replica => listings[replica].Writes)
            .DistinctBy(write => write.Stamp)
            .Where(write => _replicas.Any(replica =>
                !held[replica].Contains(write.Stamp) && listings[replica].Vector.Covers(write.Stamp)))
            .Select(write => write.Key));
    }

    /// <summary>Hands out the keys that are to be looked at next, twice; none when those of the listing are done.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> TakeKeys()
    {
        _firstLook = null;
        Awaited = VersionVector.Empty;
        _keys = [];
        while (_keys.Count < KeysPerLook && _suspects.TryDequeue(out var key))
        {
            _keys.Add(key);
        }

        KeysLookedAt += _keys.Count;
        return _keys;
    }

    /// <summary>All replicas were looked at: the first time, or the second, with everything applied that was the first time.</summary>
    public void OnLooks(IReadOnlyDictionary<ReplicaId, LookReply> looks)
    {
        ArgumentNullException.ThrowIfNull(looks);
        if (_firstLook is null)
        {
            _firstLook = looks;
            Awaited = looks.Values.Aggregate(VersionVector.Empty, (joined, look) => joined.Join(look.Vector));
            return;
        }

        // Who has died meanwhile may hold what nobody else will ever get.
        NoteDeaths(looks.Values.SelectMany(look => look.Dead));
        for (var i = 0; i < _keys.Count; i++)
        {
            Judge(_keys[i], new Sight(_replicas, i, _firstLook, looks));
        }
    }

    private static IEnumerable<int> Differing(List<DigestReply> compared, IEnumerable<int> buckets)
    {
        foreach (var bucket in buckets)
        {
            var sum = compared[0].Sums[bucket];
            for (var i = 1; i < compared.Count; i++)
            {
                if (compared[i].Sums[bucket] != sum)
                {
                    yield return bucket;
                    break;
                }
            }
        }
    }

    private void NoteDeaths(IEnumerable<ReplicaId> dead)
    {
        Dead = [.. Dead.Concat(dead).Distinct().Order()];
        _replicas.ExceptWith(Dead);
    }
}
