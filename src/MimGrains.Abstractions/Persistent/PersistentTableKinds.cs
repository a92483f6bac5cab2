namespace MimGrains.Persistent;

/// <summary>What a key of a persistent table may have.</summary>
public enum PersistentTableType
{
    /// <summary>
    /// One record for each key. Scans come in the order of the keys all the same.
    /// </summary>
    Set = 0,

    /// <summary>
    /// One record for each key, and the order of the keys is part of what is promised. Not with <see
    /// cref="StorageType.DiscOnly"/>.
    /// </summary>
    OrderedSet = 1,

    /// <summary>Any number of records for each key, each of them once. Which one comes first is not promised.</summary>
    Bag = 2,
}

/// <summary>Where the records of a persistent table are.</summary>
public enum StorageType
{
    /// <summary>
    /// In the memory of every silo, and nowhere else: <c>ram_copies</c>. Lost when all silos are gone.
    /// </summary>
    Ram = 0,

    /// <summary>In the memory of every silo and in the database: <c>disc_copies</c>.</summary>
    Disc = 1,

    /// <summary>
    /// In the database only, with a bounded cache: <c>disc_only_copies</c>. Every read is a message; a search (select, fold, all keys,
    /// first, next) reads all records of the table into memory for as long as it runs. Indexes there are none.
    /// </summary>
    DiscOnly = 2,
}

/// <summary>How operations on persistent tables are done.</summary>
public enum ActivityKind
{
    /// <summary>All or nothing, as if alone; returns when that is certain.</summary>
    Transaction = 0,

    /// <summary>As <see cref="Transaction"/>; returns when every live silo has applied it.</summary>
    SyncTransaction = 1,

    /// <summary>
    /// One operation after the other, without locks; each returns when the silo that keeps the record has it.
    /// </summary>
    AsyncDirty = 2,

    /// <summary>As <see cref="AsyncDirty"/>; a write returns when every live silo has applied it.</summary>
    SyncDirty = 3,
}

/// <summary>What a lock allows to others.</summary>
public enum LockKind
{
    /// <summary>Others may read, and hold this lock too.</summary>
    Read = 0,

    /// <summary>Nobody else may read or write.</summary>
    Write = 1,
}
