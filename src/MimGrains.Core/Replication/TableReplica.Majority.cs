namespace MimGrains.Core.Replication;

public abstract partial class TableReplica
{
    private long _majorityThrough;

    /// <summary>
    /// Returns the number up to which more than half of the live replicas, this one included, have applied this replica's
    /// writes. Never goes back.
    /// </summary>
    public long MajorityThrough()
    {
        var others = (_peers.Count + 1) / 2;
        if (others == 0)
        {
            return _majorityThrough = LastSequence;
        }

        var acked = new long[_peers.Count];
        var at = 0;
        foreach (var peer in _peers.Values)
        {
            // What it did not get before its hello comes with its dump, which it may not have yet.
            acked[at++] = peer.HelloSequence > CompletedThrough ? CompletedThrough : peer.Acked;
        }

        Array.Sort(acked);
        return _majorityThrough = Math.Max(_majorityThrough, acked[^others]);
    }
}
