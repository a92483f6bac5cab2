using MimGrains.Core.Identity;

namespace MimGrains.Core.Verify;

public sealed partial class Verification
{
    private void Judge(ReadOnlyMemory<byte> key, Sight sight)
    {
        if (!sight.IsBroken || !_judged.Add(sight.Latest))
        {
            return;
        }

        DifferenceCount++;
        if (_differences.Count < MaxDifferences)
        {
            _differences.Add(new KeyDifference(key, sight.Now));
            _repairs.AddRange(RepairsOf(key, sight));
        }
    }

    // The latest write stays, as everywhere. Nothing at all on a replica that has applied it means that it was deleted, or that
    // the replica has lost it: the majority tells, and between equals the replica that wrote it.
    private static IEnumerable<Repair> RepairsOf(ReadOnlyMemory<byte> key, Sight sight)
    {
        var latest = sight.Latest;
        var holders = sight.Now.Where(held => held.Value == new Held(Holding.Record, latest)).Select(held => held.Key).ToList();
        var isDeleted = sight.Now.Any(held => held.Value == new Held(Holding.Tombstone, latest));
        var behind = sight.Now
            .Where(held => held.Value.Stamp != latest && sight.HasApplied(held.Key, latest))
            .ToList();
        var without = behind.Count(held => held.Value.Holding == Holding.Nothing);
        var isKept = holders.Count > without || (holders.Count == without && holders.Contains(latest.Origin));
        if (isDeleted || !isKept)
        {
            return sight.Now.Where(held => held.Value.Holding == Holding.Record).Select(held => held.Value.Stamp == latest || !isDeleted
                ? Make(held.Key, source: null, held.Value.Stamp, MendKind.Remove)
                : Make(held.Key, source: null, latest, MendKind.PutDelete));
        }

        return behind.Select(held => Make(held.Key, holders[0], latest, MendKind.Put));

        Repair Make(ReplicaId target, ReplicaId? source, WriteStamp stamp, MendKind kind) =>
            new(target, source, new Mending(key, stamp, kind, sight.PurgedOf(target)));
    }

    /// <summary>One key on all replicas, at both looks.</summary>
    private sealed class Sight
    {
        private readonly IReadOnlyDictionary<ReplicaId, LookReply> _later;

        public Sight(
            IReadOnlyCollection<ReplicaId> replicas,
            int index,
            IReadOnlyDictionary<ReplicaId, LookReply> earlier,
            IReadOnlyDictionary<ReplicaId, LookReply> later)
        {
            _later = later;
            Now = [.. replicas.Select(replica => KeyValuePair.Create(replica, later[replica].Held[index]))];
            var before = replicas.Select(replica => (earlier[replica].Vector, Held: earlier[replica].Held[index])).ToList();
            var isGoing = before.Exists(then => then.Held.Holding == Holding.Orphan)
                || Now.Any(now => now.Value.Holding == Holding.Orphan);
            IsBroken = !isGoing && Now.Any(now => now.Value.Holding == Holding.Record
                && before.Exists(then => Contradicts(then.Vector, then.Held, now.Value.Stamp)));
            Latest = Now.Select(held => held.Value).Where(held => held.Holding != Holding.Nothing)
                .Aggregate(default(WriteStamp), (latest, held) => held.Stamp.Beats(latest) ? held.Stamp : latest);
        }

        public IReadOnlyList<KeyValuePair<ReplicaId, Held>> Now { get; }

        /// <summary>Whether a record is held that another replica, with nothing applied that is not applied here, did not hold.</summary>
        public bool IsBroken { get; }

        public WriteStamp Latest { get; }

        public bool HasApplied(ReplicaId replica, WriteStamp stamp) => _later[replica].Vector.Covers(stamp);

        public long PurgedOf(ReplicaId replica) => _later[replica].Purged;

        private static bool Contradicts(VersionVector applied, Held before, WriteStamp held) =>
            applied.Covers(held)
            && (before.Holding == Holding.Nothing
                || (before.Stamp != held && applied.Covers(before.Stamp))
                || (before.Stamp == held && before.Holding == Holding.Tombstone));
    }
}
