namespace MimGrains.Simulation.Consensus;

/// <summary>One rule of the register that a run breaks on purpose, to show that the simulation notices.</summary>
internal enum RegisterFault
{
    None,

    /// <summary>A proposer proposes without promises, on what it saw last.</summary>
    PrepareIsSkippedWithoutPromises,

    /// <summary>An acceptor answers before its state is on the disk.</summary>
    AnsweredBeforeSaved,

    /// <summary>A node that lost its store comes back as the acceptor that it was.</summary>
    LostStoreKeepsItsNumber,

    /// <summary>One acceptor less than a quorum is enough.</summary>
    OneAnswerIsMadeUp,

    /// <summary>A restarted proposer counts its ballots from the start again, under the same name.</summary>
    BallotsAreUsedAgain,

    /// <summary>While those who decide are changed, the new ones are not asked.</summary>
    OnlyTheOldListDecides,

    /// <summary>An operation that is tried again is another operation.</summary>
    TriedAgainIsDoneAgain,

    /// <summary>What one node says it accepted counts as chosen.</summary>
    OneReaderIsEnough,
}
