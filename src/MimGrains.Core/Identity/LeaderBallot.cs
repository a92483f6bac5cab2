namespace MimGrains.Core.Identity;

/// <summary>One try to lead a table. Of two, the later term counts; of one term, that of the lesser replica.</summary>
/// <param name="Term">From 1 on; 0 when nobody has ever led.</param>
/// <param name="Candidate">Who is to lead.</param>
public readonly record struct LeaderBallot(long Term, ReplicaId Candidate) : IComparable<LeaderBallot>
{
    /// <summary>Greater is later.</summary>
    public int CompareTo(LeaderBallot other) =>
        Term != other.Term ? Term.CompareTo(other.Term) : other.Candidate.CompareTo(Candidate);
}
