namespace MimGrains.Persistent;

/// <summary>How far a backup, restore, dump or load is.</summary>
/// <param name="Table">The table that it is at.</param>
/// <param name="Records">How many records of all tables are done.</param>
/// <param name="SizeBytes">How many bytes of the file are done.</param>
public readonly record struct BackupProgress(string Table, long Records, long SizeBytes);

/// <summary>What is in a backup or a dump.</summary>
/// <param name="CreatedAt">When it was taken, by the clock of the silo that wrote it.</param>
/// <param name="Nodes">The names of the nodes of the cluster, ascending.</param>
/// <param name="Tables">Its tables, in their order in the file.</param>
public sealed record BackupInfo(DateTimeOffset CreatedAt, IReadOnlyList<string> Nodes, IReadOnlyList<BackupTableInfo> Tables)
{
    /// <summary>Returns how many records it has.</summary>
    public long Records => Tables.Sum(table => table.Records);
}

/// <summary>A table in a backup.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">Its definition, as <see cref="PersistentTableDefinition.Describe"/> gave it.</param>
/// <param name="Records">How many records it has.</param>
public sealed record BackupTableInfo(string Name, string Description, long Records);

/// <summary>What becomes of a table that a backup has.</summary>
public enum RestoreMode
{
    /// <summary>
    /// It is emptied, and gets the records of the backup. Its definition must be that of the backup: <c>clear_tables</c>.
    /// </summary>
    Clear = 0,

    /// <summary>It keeps its records, and those of the backup are written over them: <c>keep_tables</c>.</summary>
    Keep = 1,

    /// <summary>
    /// As <see cref="Clear"/>, whatever the definition in the backup is: <c>recreate_tables</c>. Records of older versions
    /// are upgraded.
    /// </summary>
    Recreate = 2,

    /// <summary>It is left alone: <c>skip_tables</c>.</summary>
    Skip = 3,
}

/// <summary>What becomes of the tables of a backup.</summary>
public sealed class RestoreOptions
{
    /// <summary>
    /// Gets or sets up to how many records, those that go and those that come, a restore is one transaction: all or nothing.
    /// Beyond, or beyond <see cref="TransactionOptions.MaxWriteBytes"/>, each table is restored in many: whoever reads meanwhile
    /// sees some of it, and a restore that ends early must be made again.
    /// </summary>
    /// <value>0 or more; default 2,000,000. They are in memory several times while it commits.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int MaxAtomicRecords
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(MaxAtomicRecords));
            field = value;
        }
    } = 2_000_000;

    /// <summary>Gets or sets what becomes of tables that <see cref="Tables"/> does not have.</summary>
    /// <value>Default <see cref="RestoreMode.Clear"/>.</value>
    public RestoreMode Default { get; set; }

    /// <summary>Gets what becomes of single tables, by name. They need not be in the backup.</summary>
    public IDictionary<string, RestoreMode> Tables { get; } = new Dictionary<string, RestoreMode>(StringComparer.Ordinal);

    /// <summary>Returns what becomes of a table.</summary>
    public RestoreMode Of(string table) => Tables.TryGetValue(table, out var mode) ? mode : Default;
}

/// <summary>What is wrong with a backup or its file.</summary>
public enum BackupProblem
{
    /// <summary>There is no such file.</summary>
    NotFound = 0,

    /// <summary>The file cannot be read or written.</summary>
    NotAccessible = 1,

    /// <summary>The file is something else.</summary>
    Foreign = 2,

    /// <summary>The file is a backup, and cut off or damaged.</summary>
    Damaged = 3,

    /// <summary>The file was written by a later version of MimGrains.</summary>
    LaterVersion = 4,

    /// <summary>What is in the file does not go with the tables, or with what was asked for.</summary>
    DoesNotFit = 5,
}

/// <summary>A backup or dump cannot be written or used. The message names the file.</summary>
public sealed class BackupException : Exception
{
    /// <summary>Creates the exception.</summary>
    public BackupException(BackupProblem problem, string message, Exception? cause = null)
        : base(message, cause) => Problem = problem;

    /// <summary>Returns what is wrong.</summary>
    public BackupProblem Problem { get; }
}
