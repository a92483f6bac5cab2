namespace MimGrains.Core.Replication;

public abstract partial class TableReplica
{
    private const int PeersOnStack = 32;

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

        Span<long> acked = stackalloc long[PeersOnStack];
        acked = _peers.Count <= PeersOnStack ? acked[.._peers.Count] : new long[_peers.Count];
        for (var at = 0; at < acked.Length; at++)
        {
            // What it did not get before its hello comes with its dump, which it may not have yet.
            var peer = _peers.GetValueAtIndex(at);
            acked[at] = peer.HelloSequence > CompletedThrough ? CompletedThrough : peer.Acked;
        }

        acked.Sort();
        return _majorityThrough = Math.Max(_majorityThrough, acked[^others]);
    }
}
