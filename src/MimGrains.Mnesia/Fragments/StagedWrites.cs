using CoreId = MimGrains.Core.Transactions.TransactionId;

namespace MimGrains.Mnesia.Fragments;

/// <summary>
/// Writes that came in parts, before the call that they belong to. In memory only: lost, that call is refused and its
/// transaction starts again. One thread at a time.
/// </summary>
internal sealed class StagedWrites
{
    private readonly Dictionary<CoreId, Staged> _staged = [];

    /// <summary>Takes a part; false if it is not the next one.</summary>
    public bool Add(CoreId id, int before, WireWrite[] writes, long nowMs)
    {
        if (before == 0)
        {
            _staged[id] = new Staged();
        }

        if (!_staged.TryGetValue(id, out var staged) || staged.Parts != before)
        {
            return false;
        }

        staged.Writes.AddRange(writes);
        staged.Parts++;
        staged.LastHeardMs = nowMs;
        return true;
    }

    /// <summary>Returns all writes of a call, if its parts are there, which are then forgotten.</summary>
    public IReadOnlyList<WireWrite>? Take(CoreId id, int parts, WireWrite[] last)
    {
        if (!_staged.Remove(id, out var staged) || staged.Parts != parts)
        {
            return null;
        }

        staged.Writes.AddRange(last);
        return staged.Writes;
    }

    public void Drop(CoreId id) => _staged.Remove(id);

    /// <summary>Drops what nobody has gone on with since a time.</summary>
    public void Expire(long beforeMs)
    {
        foreach (var id in _staged.Where(pair => pair.Value.LastHeardMs < beforeMs).Select(pair => pair.Key).ToList())
        {
            _staged.Remove(id);
        }
    }

    private sealed class Staged
    {
        public List<WireWrite> Writes { get; } = [];

        public int Parts { get; set; }

        public long LastHeardMs { get; set; }
    }
}
