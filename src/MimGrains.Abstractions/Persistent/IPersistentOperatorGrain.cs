namespace MimGrains.Persistent;

/// <summary>
/// What operators' clients ask of persistent tables, on their gateway silo. Files are those of that silo's machine. Its key is
/// without meaning: use <see cref="Key"/>.
/// </summary>
[Alias("mimgrains.persistent-operator-grain")]
public interface IPersistentOperatorGrain : IGrainWithIntegerKey
{
    /// <summary>The key to use.</summary>
    const long Key = 0;

    /// <summary>Returns what the silo knows of all persistent tables, ascending by name.</summary>
    [Alias("tables")]
    Task<PersistentTableInfo[]> TablesAsync();

    /// <summary>Returns the keys of Mnesia's <c>system_info</c> that mean something here, ascending.</summary>
    [Alias("system-info")]
    Task<MnesiaInfo[]> SystemInfoAsync();

    /// <summary>
    /// Begins a backup, restore, dump, load, a step of a fallback, or a change of storage, and returns its id on this silo.
    /// </summary>
    [Alias("begin")]
    Task<Guid> BeginAsync(BackupJob job);

    /// <summary>
    /// Returns how far a job is, at the latest after some seconds; null when this silo does not know it: it has ended a while ago,
    /// or the silo is another one.
    /// </summary>
    [Alias("progress")]
    Task<BackupJobState?> ProgressAsync(Guid job);

    /// <summary>Ends a job as soon as it can be.</summary>
    [Alias("cancel")]
    Task CancelAsync(Guid job);
}

/// <summary>A key of Mnesia's <c>system_info</c>.</summary>
/// <param name="Key">The name of it, as Mnesia's.</param>
/// <param name="Values">What it is; one for a key that is no list.</param>
/// <param name="IsList">Whether it is a list.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.mnesia-info")]
public sealed record MnesiaInfo(
    [property: Id(0)] string Key, [property: Id(1)] IReadOnlyList<string> Values, [property: Id(2)] bool IsList);

/// <summary>What is to be done with a backup, or with a table.</summary>
public enum BackupJobKind
{
    /// <summary><see cref="IPersistentBackups.BackupAsync"/>.</summary>
    Backup = 0,

    /// <summary><see cref="IPersistentBackups.RestoreAsync"/>.</summary>
    Restore = 1,

    /// <summary><see cref="IPersistentBackups.DumpAsync"/>.</summary>
    Dump = 2,

    /// <summary><see cref="IPersistentBackups.LoadAsync"/>.</summary>
    Load = 3,

    /// <summary><see cref="IPersistentBackups.InstallFallbackAsync"/>.</summary>
    InstallFallback = 4,

    /// <summary><see cref="IPersistentBackups.UninstallFallbackAsync"/>.</summary>
    UninstallFallback = 5,

    /// <summary><see cref="IPersistentBackups.RenameNodeAsync"/>.</summary>
    RenameNode = 6,

    /// <summary><see cref="IPersistentTables.ChangeStorageAsync"/>.</summary>
    ChangeStorage = 7,
}

/// <summary>A job for <see cref="IPersistentBackups"/>, or a change of storage.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.backup-job")]
public sealed record BackupJob
{
    /// <summary>Returns what is to be done.</summary>
    [Id(0)]
    public required BackupJobKind Kind { get; init; }

    /// <summary>
    /// Returns the file; empty for <see cref="BackupJobKind.UninstallFallback"/> and <see cref="BackupJobKind.ChangeStorage"/>.
    /// </summary>
    [Id(1)]
    public string Path { get; init; } = "";

    /// <summary>Returns the tables of a backup or dump, null for all; the only table of a change of storage.</summary>
    [Id(2)]
    public IReadOnlyList<string>? Tables { get; init; }

    /// <summary>Returns what becomes of the tables that are restored or loaded.</summary>
    [Id(3)]
    public RestoreMode Mode { get; init; }

    /// <summary>Returns the node to rename.</summary>
    [Id(4)]
    public string From { get; init; } = "";

    /// <summary>Returns its new name.</summary>
    [Id(5)]
    public string To { get; init; } = "";

    /// <summary>Returns the file for the copy with the new name.</summary>
    [Id(6)]
    public string Target { get; init; } = "";

    /// <summary>Returns where the records of a table are to be.</summary>
    [Id(7)]
    public StorageType Storage { get; init; }
}

/// <summary>How far a job is.</summary>
/// <param name="IsDone">Whether it has ended, well or not.</param>
/// <param name="Table">The table that it is at.</param>
/// <param name="Records">How many records are done, of all tables when it is done; of a change of storage, how many fragments.</param>
/// <param name="SizeBytes">How many bytes of the file are done.</param>
/// <param name="Tables">The tables of the file, when it is done.</param>
/// <param name="Error">Why it failed; null if it did not.</param>
/// <param name="Problem">What was wrong with the file; null if that is not why.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.backup-job-state")]
public sealed record BackupJobState(
    [property: Id(0)] bool IsDone,
    [property: Id(1)] string Table,
    [property: Id(2)] long Records,
    [property: Id(3)] long SizeBytes,
    [property: Id(4)] IReadOnlyList<string> Tables,
    [property: Id(5)] string? Error,
    [property: Id(6)] BackupProblem? Problem);
