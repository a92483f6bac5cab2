using MimGrains.Core.Identity;

namespace MimGrains.Core.Store;

/// <summary>Gives every origin that a replica has heard of a small number, so that an entry holds four bytes of it.</summary>
internal sealed class OriginTable
{
    private readonly Dictionary<ReplicaId, int> _numbers = [];
    private readonly List<ReplicaId> _ids = [];
    private readonly List<ulong> _hashes = [];

    public int NumberOf(ReplicaId id)
    {
        if (!_numbers.TryGetValue(id, out var number))
        {
            number = _ids.Count;
            _ids.Add(id);
            _hashes.Add(BucketDigest.HashOf(id.Value));
            _numbers.Add(id, number);
        }

        return number;
    }

    public ReplicaId IdOf(int number) => _ids[number];

    /// <summary>The hash of an origin's name, the same on every silo.</summary>
    public ulong HashOf(int number) => _hashes[number];

    /// <summary>All origins; the index of each is its number.</summary>
    public IReadOnlyList<ReplicaId> All() => [.. _ids];

    /// <summary>Whether a write beats another one of the same key: later time, then greater origin. The same on every silo.</summary>
    public bool Wins(in Stamp challenger, in Stamp holder)
    {
        if (challenger.TimeMicros != holder.TimeMicros)
        {
            return challenger.TimeMicros > holder.TimeMicros;
        }

        return challenger.Origin != holder.Origin && _ids[challenger.Origin].CompareTo(_ids[holder.Origin]) > 0;
    }
}
