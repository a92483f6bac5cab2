using MimGrains.Core.Identity;
using MimGrains.Core.Log;

namespace MimGrains.Core.Replication;

/// <summary>What became of a received batch.</summary>
public enum ReceiveOutcome
{
    /// <summary>All its writes are applied: it may be acknowledged.</summary>
    Applied = 0,

    /// <summary>Writes before it are missing: it was not applied, the sender must go back.</summary>
    Gap = 1,

    /// <summary>Its origin is declared dead: it was dropped for good.</summary>
    OriginDead = 2,

    /// <summary>
    /// This replica does not know the origin yet, or is still saying hello to others: it was not applied, the sender must send
    /// it again later.
    /// </summary>
    OriginUnknown = 3,
}

/// <summary>Answers a hello: from now on the answering replica sends its writes after <paramref name="Sequence"/>.</summary>
/// <param name="Sequence">The last write of the answering replica.</param>
/// <param name="IsReady">Whether it holds all records, so that it can give a dump.</param>
/// <param name="Dead">
/// All incarnations that it knows to be dead: the new replica must take nothing of them that the answering one did not level.
/// </param>
/// <param name="Ballot">The greatest ballot that it knows: who leads the table.</param>
/// <param name="PastAttempt">
/// Its own hellos to the new replica up to this number were meant for an earlier replica of that silo, or were given up: one
/// that comes only now must be refused.
/// </param>
public sealed record HelloReply(
    long Sequence, bool IsReady, IReadOnlyList<ReplicaId> Dead, LeaderBallot Ballot, long PastAttempt);

/// <summary>Answers what a survivor retains of a dead incarnation's writes.</summary>
/// <param name="Retained">The batches.</param>
/// <param name="Dead">All incarnations that the survivor knows to be dead: of them it will learn nothing more.</param>
public sealed record LevelReply(IReadOnlyList<OperationBatch> Retained, IReadOnlyList<ReplicaId> Dead);

/// <summary>How far a replica has applied the writes of one origin.</summary>
/// <param name="Origin">The origin.</param>
/// <param name="Sequence">Its last applied write.</param>
/// <param name="ClockMicros">Every write of it up to this time is applied.</param>
/// <param name="StableSequence">Every replica has applied its writes up to here.</param>
/// <param name="IsDead">Whether it is declared dead.</param>
public sealed record OriginPosition(ReplicaId Origin, long Sequence, long ClockMicros, long StableSequence, bool IsDead);

/// <summary>Begins a dump: the state of one moment of the replica that gives it.</summary>
/// <param name="Origins">Every origin that has a record in the dump or that the giver follows; its index is its number in the chunks.</param>
/// <param name="Positions">The version vector of that moment; first the giver itself.</param>
/// <param name="Retained">Batches that some replica may lack, by which the new replica can level later.</param>
/// <param name="Decisions">The leaders' decisions that every replica must be able to repeat.</param>
public sealed record DumpHeader(
    IReadOnlyList<ReplicaId> Origins,
    IReadOnlyList<OriginPosition> Positions,
    IReadOnlyList<OperationBatch> Retained,
    IReadOnlyList<CallerDecisions> Decisions);

/// <summary>Some entries of a dump: its tombstones first, then its records ascending by key.</summary>
/// <param name="Count">How many entries there are.</param>
/// <param name="Bytes">The encoded entries.</param>
/// <param name="IsLast">Whether the dump ends here: the replica that merges it is ready then.</param>
public sealed record DumpChunk(int Count, ReadOnlyMemory<byte> Bytes, bool IsLast);

/// <summary>A dump that is being given. Its state is fixed: chunks may be made without the replica's lock.</summary>
public abstract class DumpReader
{
    private protected DumpReader(DumpHeader header) => Header = header;

    /// <summary>Returns the header.</summary>
    public DumpHeader Header { get; }

    /// <summary>Returns how many entries the dump has in all.</summary>
    public abstract long TotalCount { get; }

    /// <summary>Returns the next entries.</summary>
    /// <param name="maxRecords">At least 1.</param>
    /// <param name="maxBytes">The chunk ends after the entry that reaches this size.</param>
    public abstract DumpChunk Next(int maxRecords, int maxBytes);
}

/// <summary>
/// Removes the records of dead owners, some at a time: <see cref="Find"/>, which takes most of the time, goes on beside writes;
/// <see cref="Remove"/> then removes what was found.
/// </summary>
public abstract class OwnerSweep
{
    private protected OwnerSweep()
    {
    }

    /// <summary>Returns how many records were removed so far.</summary>
    public long Removed { get; private protected set; }

    /// <summary>Looks at the next records, without the replica's lock. One thread at a time.</summary>
    /// <param name="maxLooks">Ends after so many records.</param>
    /// <param name="maxFound">Ends when so many are found that are to go; so many <see cref="Remove"/> removes.</param>
    /// <returns>Whether there are more.</returns>
    public abstract bool Find(int maxLooks, int maxFound);

    /// <summary>Removes those that were found, unless they were replaced meanwhile. Needs the replica's lock.</summary>
    public abstract void Remove();
}
