namespace MimGrains.Simulation.Transactions;

/// <summary>One rule of transactions that a run breaks on purpose, to show that the simulation notices.</summary>
internal enum TransactionFault
{
    None,

    /// <summary>Records are read without a lock.</summary>
    ReadsTakeNoLocks,

    /// <summary>A scan locks the records that it finds, and not the slice.</summary>
    ScansLockOnlyWhatIsThere,

    /// <summary>A fragment takes commits of transactions whose locks it does not know.</summary>
    LostLocksCount,

    /// <summary>Fragments that were only read are not asked whether the locks are still there.</summary>
    ReadOnlyAreNotValidated,

    /// <summary>A new activation does not wait until the one before has retired.</summary>
    ActivationDoesNotWait,

    /// <summary>A new activation takes the silo of the one before for dead when not all silos know.</summary>
    DeathIsKnownToOneOnly,

    /// <summary>A row takes the place of another one with its number.</summary>
    RowsAreOverwritten,

    /// <summary>A commit is answered before the log has it.</summary>
    CommittedIsAnsweredBeforeTheLog,

    /// <summary>A preparation is answered before the log has it.</summary>
    PreparedIsAnsweredBeforeTheLog,

    /// <summary>Writes are applied before the log has them.</summary>
    AppliedBeforeTheLog,

    /// <summary>An append whose end is not known counts as failed.</summary>
    UnknownCountsAsFailed,

    /// <summary>A recovery does not see what has prepared.</summary>
    PreparedIsForgotten,

    /// <summary>A recovery does not see outcomes.</summary>
    OutcomesAreForgotten,

    /// <summary>A compaction keeps the records only.</summary>
    CompactionKeepsRecordsOnly,

    /// <summary>A decider that knows nothing says aborted, and does not remember that it did.</summary>
    AbortedIsNotRemembered,

    /// <summary>A participant that waits for long aborts what it has prepared.</summary>
    InDoubtIsAborted,

    /// <summary>A commit without an answer is sent again.</summary>
    CommitIsSentAgain,

    /// <summary>A coordinator sends its commit although one fragment did not say that it holds everything.</summary>
    OneConfirmationIsMadeUp,
}
