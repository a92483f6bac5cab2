using MimGrains.Core.Identity;

namespace MimGrains.Core.Replication;

// A silo gives a table up while it lives: it takes no more writes -> its own are applied everywhere -> it tells the others.
public abstract partial class TableReplica
{
    private bool _hasLeft;

    /// <summary>Goes on with the numbers of an earlier replica of the same silo, which has left. Before everything else.</summary>
    public void StartAfter(ReplicaNumbers earlier)
    {
        Log.StartAfter(earlier.Sequence);
        CompletedThrough = earlier.Sequence;
        Clock.Observe(earlier.ClockMicros);
        _calls.StartAt(earlier.NextCall);
        PurgedCount = earlier.Purged + 1;
    }

    /// <summary>Returns the numbers that this replica has come to.</summary>
    public ReplicaNumbers Numbers => new(LastSequence, Clock.LastMicros, _calls.Next, PurgedCount);

    /// <summary>Returns the number of the last hello of a peer; 0 if it said none.</summary>
    public long HelloAttemptOf(ReplicaId peer) => _peers.TryGetValue(peer, out var state) ? state.HelloAttempt : 0;

    /// <summary>
    /// Ends this replica if nobody depends on it: every write of it is applied everywhere, and what it may have told one survivor
    /// of a dead replica it has told all.
    /// </summary>
    /// <returns>Whether it has left; otherwise it goes on as before, to be tried again.</returns>
    public bool TryLeave()
    {
        _hasLeft = CompletedThrough >= LastSequence && LevellingCount == 0;
        return _hasLeft;
    }

    /// <summary>A replica does not hold the table any more: no write waits for it. It may say hello again.</summary>
    /// <param name="id">The one that has left.</param>
    /// <param name="lastSequence">Its last write, which every replica has applied.</param>
    /// <param name="attempt">The number of its last hello. Of a replica that has said a later one this is not true any more.</param>
    /// <returns>Whether it is true.</returns>
    public bool OnLeft(ReplicaId id, long lastSequence, long attempt)
    {
        var inbound = InboundOf(id);
        if (inbound.IsDead || !_peers.TryGetValue(id, out var peer) || peer.HelloAttempt > attempt)
        {
            return false;
        }

        RemovePeer(id);
        inbound.LeftAttempt = Math.Max(inbound.LeftAttempt, attempt);
        inbound.Applied = Math.Max(inbound.Applied, lastSequence);
        inbound.Stable = inbound.Applied;
        inbound.Retained.Clear();
        _grants.Remove(id);
        SettleLevelling();
        Complete();
        return true;
    }
}

/// <summary>What a replica has numbered so far.</summary>
/// <param name="Sequence">Its last write.</param>
/// <param name="ClockMicros">The last time of its hybrid clock.</param>
/// <param name="NextCall">Its next leader operation.</param>
/// <param name="Purged">How many tombstones it has forgotten.</param>
public readonly record struct ReplicaNumbers(long Sequence, long ClockMicros, long NextCall, long Purged);
