namespace MimGrains.Persistent;

/// <summary>
/// Saves persistent tables to files of this silo's machine, and brings them back. A service of every silo; thread-safe.
/// </summary>
/// <remarks>
/// <para>A backup is binary, with checksums, and as the records are stored; a dump is text, one JSON object a line, for
/// people and
/// for <c>jq</c>. Both are of one moment: all tables in them are as if nobody had written while they were read.</para>
/// <para>A file appears under its name when it is complete; what was there before is then replaced. A file that is brought
/// back is
/// read to its end, and every record of it, before anything is changed.</para>
/// <para>Whoever writes to the tables waits while their records are gathered, not while the file is written; until then their
/// records are held in memory, also those of tables that are on disc only.</para>
/// <para>Follows <c>backup</c>, <c>restore</c>, <c>install_fallback</c>, <c>dump_to_textfile</c> and <c>load_textfile</c>
/// of OTP
/// <c>mnesia.erl</c>, and <c>changeNodename</c> of MongooseIM.</para>
/// </remarks>
public interface IPersistentBackups
{
    /// <summary>Writes a backup.</summary>
    /// <param name="path">The file, relative to the working directory.</param>
    /// <param name="tables">The names of the tables; null for all.</param>
    /// <param name="progress">Told after some thousand records, and at the end of each table.</param>
    /// <param name="cancellationToken">Ends it; nothing is left of the file.</param>
    /// <exception cref="NoSuchTableException">A table is not there.</exception>
    /// <exception cref="BackupException">The file cannot be written.</exception>
    /// <exception cref="PersistentTableUnavailableException">A table cannot be read now.</exception>
    Task<BackupInfo> BackupAsync(
        string path,
        IReadOnlyCollection<string>? tables = null,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default);

    /// <summary>Reads a backup or a dump to its end, and returns what is in it.</summary>
    /// <exception cref="BackupException">It is missing, damaged, cut off, or no backup at all.</exception>
    Task<BackupInfo> InspectAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Brings the tables of a backup back, while the cluster runs.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What becomes of each table; null for <see cref="RestoreMode.Clear"/> with all.</param>
    /// <param name="progress">As for <see cref="BackupAsync"/>.</param>
    /// <param name="cancellationToken">
    /// Ends it. Nothing was changed if up to <see cref="RestoreOptions.MaxAtomicRecords"/> were to be; else some was.
    /// </param>
    /// <returns>What was brought back.</returns>
    /// <exception cref="BackupException">The file cannot be used. Nothing was changed.</exception>
    /// <exception cref="NoSuchTableException">
    /// The backup has a table that is not there, and may not skip it. Nothing was changed.
    /// </exception>
    Task<BackupInfo> RestoreAsync(
        string path,
        RestoreOptions? options = null,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default);

    /// <summary>Writes a dump.</summary>
    /// <exception cref="BackupException">
    /// The file cannot be written, or a record cannot be written as JSON and read again.
    /// </exception>
    /// <inheritdoc cref="BackupAsync"/>
    Task<BackupInfo> DumpAsync(
        string path,
        IReadOnlyCollection<string>? tables = null,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default);

    /// <summary>Brings the tables of a dump back, while the cluster runs.</summary>
    /// <inheritdoc cref="RestoreAsync"/>
    Task<BackupInfo> LoadAsync(
        string path,
        RestoreOptions? options = null,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default);

    /// <summary>Writes a copy of a backup in which a node has another name, as when it is for another machine.</summary>
    /// <param name="from">The name, <c>name@host</c>; the backup must have it.</param>
    /// <param name="to">The new name; the backup must not have it.</param>
    /// <param name="source">The backup.</param>
    /// <param name="target">The file for the copy; not the source.</param>
    /// <param name="cancellationToken">Ends it; nothing is left of the copy.</param>
    /// <exception cref="BackupException">
    /// The source cannot be read, the target cannot be written, or the names do not go with what is in the backup.
    /// </exception>
    /// <exception cref="ArgumentException">A name is no node name, or the target is the source.</exception>
    Task<BackupInfo> RenameNodeAsync(
        string from, string to, string source, string target, CancellationToken cancellationToken = default);

    /// <summary>
    /// Has this node bring a backup back at its next start, once the tables are loaded and before they are used. The file
    /// is copied.
    /// </summary>
    /// <exception cref="BackupException">
    /// The backup cannot be used, or it has not this node's name: see <see cref="RenameNodeAsync"/>.
    /// </exception>
    Task<BackupInfo> InstallFallbackAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Takes <see cref="InstallFallbackAsync"/> back, and returns whether there was something to take back.</summary>
    Task<bool> UninstallFallbackAsync(CancellationToken cancellationToken = default);
}
