namespace MimGrains.Simulation;

/// <summary>One rule of the protocol that a run breaks on purpose, to show that the simulation notices.</summary>
internal enum Fault
{
    None,

    /// <summary>What survivors retain of a dead origin is not applied, but counts as levelled.</summary>
    LevelRepliesAreEmpty,

    /// <summary>Now and then a batch is acknowledged and dropped.</summary>
    AcknowledgedWithoutApplying,

    /// <summary>Heartbeats promise a time that has not come: tombstones go too early.</summary>
    ClockFromTheFuture,

    /// <summary>Dumps have no tombstones.</summary>
    DumpWithoutTombstones,

    /// <summary>A joining replica does not say hello to one member, and goes on as if it had answered.</summary>
    OneHelloIsSkipped,

    /// <summary>Late batches of a dead origin are applied by whom they reach.</summary>
    LateBatchesOfTheDeadAreTaken,

    /// <summary>A joining replica takes any dump, also one that lacks writes from before its hellos.</summary>
    DumpLacksWhatIsRequired,

    /// <summary>A ready replica says hello once more: its peers go past writes that it does not get.</summary>
    ReadyReplicaSaysHello,

    /// <summary>Whoever joins and finds nobody ready goes first, also beside another one.</summary>
    EverybodyGoesFirst,

    /// <summary>A level answer counts as one that knew of all deaths.</summary>
    LevelRepliesFromBeforeADeathCount,

    /// <summary>Records of dead owners are not swept.</summary>
    DeadOwnersAreNotSwept,

    /// <summary>Records of dead owners are swept without a trace.</summary>
    SweptLeaveNoTombstones,

    /// <summary>A comparison looks a second time at replicas that lack what the others had at the first.</summary>
    LooksDoNotWait,

    /// <summary>Who watches goes on at another replica although that does not keep all that it has not seen.</summary>
    WatchIsResumedAnywhere,

    /// <summary>One replica loses records.</summary>
    RecordIsLost,

    /// <summary>One replica has older records in place of the latest.</summary>
    RecordIsOutdated,

    /// <summary>One replica has records that were deleted.</summary>
    DeleteIsLost,

    /// <summary>A node gives the table up although not every other one has applied its writes.</summary>
    LeavesWithUnappliedWrites,

    /// <summary>In a table that merges, what a write replaced is lost on its way.</summary>
    ReplacedDotsAreLost,

    /// <summary>Some replicas have another resolver than the others.</summary>
    ResolversDiffer,

    /// <summary>A new leader decides before it has levelled with the survivors.</summary>
    LeaderDoesNotLevel,

    /// <summary>A new leader decides before it has applied what the one before has written last.</summary>
    LeaderDoesNotCatchUp,

    /// <summary>A replica that was asked to lead does so without any grant.</summary>
    LeaderAsksNobody,

    /// <summary>A leader that has granted another one's claim goes on.</summary>
    LeaderStaysWhenItGrants,

    /// <summary>A leader answers before every replica has the decision.</summary>
    LeaderAnswersAtOnce,

    /// <summary>A leader answers that an operation has lost before every replica has the decision.</summary>
    LostIsAnsweredAtOnce,

    /// <summary>An operation that is asked for again is taken for a new one.</summary>
    DecisionsAreForgotten,

    /// <summary>An operation that comes when its caller has the answer is done once more.</summary>
    ClosedOperationsAreDone,

    /// <summary>A silo that joins does not learn in the answers to its hellos who has paused the table.</summary>
    HelloTellsNoPauses,

    /// <summary>Nobody deletes records that have expired.</summary>
    NothingExpires,

    /// <summary>A replica that learns of its own death goes on.</summary>
    DeposedGoesOn,
}
