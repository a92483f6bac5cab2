using MimGrains.Core.Identity;

namespace MimGrains.Core.Replication;

// A silo gives a table up while it lives: its writes are applied everywhere -> it takes no more -> it tells the others.
public abstract partial class TableReplica
{
    /// <summary>Goes on with the numbers of an earlier replica of the same silo, which has left. Before everything else.</summary>
    /// <param name="sequence">The last number of the earlier one.</param>
    /// <param name="clockMicros">The last time of the earlier one.</param>
    public void StartAfter(long sequence, long clockMicros)
    {
        Log.StartAfter(sequence);
        CompletedThrough = sequence;
        Clock.Observe(clockMicros);
    }

    /// <summary>Returns the last time of the hybrid clock.</summary>
    public long ClockMicros => Clock.LastMicros;

    /// <summary>A replica does not hold the table any more: no write waits for it. It may say hello again.</summary>
    /// <param name="id">The one that has left.</param>
    /// <param name="lastSequence">Its last write, which every replica has applied.</param>
    public void OnLeft(ReplicaId id, long lastSequence)
    {
        if (!_peers.Remove(id))
        {
            return;
        }

        var inbound = InboundOf(id);
        inbound.Applied = Math.Max(inbound.Applied, lastSequence);
        inbound.Stable = inbound.Applied;
        inbound.Retained.Clear();
        SettleLevelling();
        Complete();
    }
}
