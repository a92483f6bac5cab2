using MimGrains.Core.Identity;
using MimGrains.Core.Log;

namespace MimGrains.Core.Replication;

/// <summary>Another live replica of the table, as this one sees it.</summary>
internal sealed class Peer(ReplicaId id)
{
    public ReplicaId Id { get; } = id;

    /// <summary>The last own write that was handed out for it; at least <see cref="Acked"/>.</summary>
    public long Sent { get; set; }

    /// <summary>The last own write that it has applied, with all before it.</summary>
    public long Acked { get; set; }

    /// <summary>The last own write when it said hello: those up to it are not sent to it, but come with its dump.</summary>
    public long HelloSequence { get; set; }

    /// <summary>
    /// The number of its last hello, or of the last one that it has said to be past: an older one, delayed on its way, must not
    /// reset anything.
    /// </summary>
    public long HelloAttempt { get; set; }

    /// <summary>The dead incarnations that it has levelled.</summary>
    public HashSet<ReplicaId> Levelled { get; } = [];
}

/// <summary>The writes of another incarnation, as far as they have come.</summary>
internal sealed class Inbound(ReplicaId id, int number)
{
    public ReplicaId Id { get; } = id;

    public int Number { get; } = number;

    /// <summary>The last write applied, with all before it; those up to the join come with the dump.</summary>
    public long Applied { get; set; }

    /// <summary>Every write of this origin up to this time is applied.</summary>
    public long ClockMicros { get; set; }

    /// <summary>Every replica has applied this origin's writes up to here.</summary>
    public long Stable { get; set; }

    /// <summary>The batches with writes that some replica may lack, to level with when the origin dies.</summary>
    public List<OperationBatch> Retained { get; } = [];

    /// <summary>The last hello before it left: what comes of an earlier replica of the silo is too late.</summary>
    public long LeftAttempt { get; set; }

    /// <summary>Null while the origin lives.</summary>
    public Levelling? Levelling { get; set; }

    public bool IsDead { get; set; }

    /// <summary>The last write that the retained batches reach without a gap from this one on.</summary>
    public long ReachFrom(long sequence)
    {
        foreach (var batch in Retained.OrderBy(batch => batch.FirstSequence))
        {
            if (batch.FirstSequence - 1 <= sequence)
            {
                sequence = Math.Max(sequence, batch.LastSequence);
            }
        }

        return sequence;
    }

    public void Retain(OperationBatch batch)
    {
        Stable = Math.Max(Stable, batch.StableSequence);
        Retained.RemoveAll(old => old.LastSequence <= Stable);
        if (batch.Count > 0 && batch.LastSequence > Stable && !Retained.Exists(known => known.Covers(batch)))
        {
            Retained.Add(batch);
        }
    }
}

/// <summary>How far this replica is in learning from the survivors what a dead origin had sent to any of them.</summary>
/// <param name="applied">The last write that was applied when it was declared dead.</param>
internal sealed class Levelling(long applied)
{
    public HashSet<ReplicaId> Answered { get; } = [];

    /// <summary>All writes up to here were applied when the origin was declared dead; later ones may have gaps.</summary>
    public long Base { get; private set; } = applied;

    /// <summary>
    /// All writes up to here are applied, and nothing that was decided after it: what a leader decided rests on what it decided
    /// before, so that it counts only without a gap.
    /// </summary>
    public long DecidedThrough { get; set; } = applied;

    /// <summary>Everything that any survivor has is applied here. Stays: nobody can learn anything new of a dead origin.</summary>
    public bool IsDone { get; set; }

    /// <summary>The state is that of a dump now: begins anew at its position.</summary>
    public void Rebase(long applied) => Base = DecidedThrough = applied;
}
