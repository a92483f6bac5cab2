using MimGrains.Core.Identity;

namespace MimGrains.Core.Replication;

// A silo gives a table up while it lives: its writes are applied everywhere -> it takes no more -> it tells the others.
public abstract partial class TableReplica
{
    /// <summary>Goes on with the numbers of an earlier replica of the same silo, which has left. Before everything else.</summary>
    public void StartAfter(ReplicaNumbers earlier)
    {
        Log.StartAfter(earlier.Sequence);
        CompletedThrough = earlier.Sequence;
        Clock.Observe(earlier.ClockMicros);
        _calls.StartAt(earlier.NextCall);
    }

    /// <summary>Returns the numbers that this replica has come to.</summary>
    public ReplicaNumbers Numbers => new(LastSequence, Clock.LastMicros, _calls.Next);

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
        _grants.Remove(id);
        SettleLevelling();
        Complete();
    }
}

/// <summary>What a replica has numbered so far.</summary>
/// <param name="Sequence">Its last write.</param>
/// <param name="ClockMicros">The last time of its hybrid clock.</param>
/// <param name="NextCall">Its next leader operation.</param>
public readonly record struct ReplicaNumbers(long Sequence, long ClockMicros, long NextCall);
