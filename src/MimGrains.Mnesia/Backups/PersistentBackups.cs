using Microsoft.Extensions.Options;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Backups;

/// <summary>Saves the persistent tables of the cluster to files of this machine, and brings them back.</summary>
internal sealed class PersistentBackups(
    IBackupTables tables, ITransactions transactions, IBackupNodes nodes, IOptions<BackupSettings> settings, TimeProvider time)
    : IPersistentBackups
{
    private const int MaxNodeNameLength = 250;

    public Task<BackupInfo> BackupAsync(
        string path,
        IReadOnlyCollection<string>? tables = null,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default) => SaveAsync(path, tables, isText: false, progress, cancellationToken);

    public Task<BackupInfo> DumpAsync(
        string path,
        IReadOnlyCollection<string>? tables = null,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default) => SaveAsync(path, tables, isText: true, progress, cancellationToken);

    public Task<BackupInfo> RestoreAsync(
        string path,
        RestoreOptions? options = null,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default) => ReplaceAsync(path, options, isText: false, progress, cancellationToken);

    public Task<BackupInfo> LoadAsync(
        string path,
        RestoreOptions? options = null,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default) => ReplaceAsync(path, options, isText: true, progress, cancellationToken);

    public async Task<BackupInfo> InspectAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        await using var reader = await BackupFiles.OpenAsync(path, cancellationToken);
        return await BackupFiles.InspectAsync(reader, _ => { }, cancellationToken);
    }

    public async Task<BackupInfo> RenameNodeAsync(
        string from, string to, string source, string target, CancellationToken cancellationToken = default)
    {
        CheckNodeName(from, nameof(from));
        CheckNodeName(to, nameof(to));
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        ArgumentException.ThrowIfNullOrWhiteSpace(target);
        if (Path.GetFullPath(source) == Path.GetFullPath(target))
        {
            throw new ArgumentException($"The copy must be another file than the backup {source}.", nameof(target));
        }

        await using var reader = BackupFiles.Open(source, isText: false);
        var info = await BackupFiles.InspectAsync(reader, _ => { }, cancellationToken);
        if (!info.Nodes.Contains(from) || info.Nodes.Contains(to))
        {
            throw new BackupException(
                BackupProblem.DoesNotFit,
                $"{reader.Path} is of the nodes [{string.Join(", ", info.Nodes)}]: {from} cannot become {to}.");
        }

        string[] names = [.. info.Nodes.Select(node => node == from ? to : node).Order(StringComparer.Ordinal)];
        await using var writer = new BackupFileWriter(target);
        await CopyAsync(reader, writer, new BackupHeader(info.CreatedAt, names), cancellationToken);
        return info with { Nodes = names };
    }

    public async Task<BackupInfo> InstallFallbackAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        await using var reader = BackupFiles.Open(path, isText: false);
        var info = await BackupFiles.InspectAsync(reader, _ => { }, cancellationToken);
        if (!info.Nodes.Contains(nodes.Own))
        {
            throw new BackupException(
                BackupProblem.DoesNotFit,
                $"{reader.Path} is of the nodes [{string.Join(", ", info.Nodes)}], and this one is {nodes.Own}. " +
                "If it is meant for this node, rename one of them in a copy of it.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(settings.Value.FallbackFile)!);
        await using var writer = new BackupFileWriter(settings.Value.FallbackFile);
        await CopyAsync(reader, writer, reader.Header, cancellationToken);
        return info;
    }

    public Task<bool> UninstallFallbackAsync(CancellationToken cancellationToken = default)
    {
        var isThere = HasFallback;
        if (isThere)
        {
            File.Delete(settings.Value.FallbackFile);
        }

        return Task.FromResult(isThere);
    }

    /// <summary>Whether a fallback waits for this start.</summary>
    internal bool HasFallback => File.Exists(settings.Value.FallbackFile);

    /// <summary>Brings the fallback back that waits for this start, if there is one; it is then gone.</summary>
    /// <returns>What was brought back; null if no fallback waits.</returns>
    /// <exception cref="BackupException">It cannot be used. It stays, and nothing was changed.</exception>
    internal async Task<BackupInfo?> ApplyFallbackAsync(CancellationToken cancellationToken)
    {
        if (!HasFallback)
        {
            return null;
        }

        var file = settings.Value.FallbackFile;
        var info = await RestoreAsync(
            file, new RestoreOptions { Default = RestoreMode.Recreate }, progress: null, cancellationToken);
        File.Delete(file);
        return info;
    }

    private async Task<BackupInfo> SaveAsync(
        string path,
        IReadOnlyCollection<string>? names,
        bool isText,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var chosen = (names ?? tables.Names).Distinct(StringComparer.Ordinal)
            .Select(name => tables.Find(name) ?? throw new NoSuchTableException(name, tables.Names)).ToList();
        IBackupWriter writer = isText ? new TextDumpWriter(path) : new BackupFileWriter(path);
        await using (writer)
        {
            var header = new BackupHeader(time.GetUtcNow(), nodes.All);
            var run = new BackupRun(transactions, settings.Value);

            // Not on the turn of a grain that asks: encoding is work.
            return await Task.Run(
                () => run.RunAsync(chosen, header, writer, isText, progress, cancellationToken), cancellationToken);
        }
    }

    private async Task<BackupInfo> ReplaceAsync(
        string path,
        RestoreOptions? options,
        bool isText,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        await using var reader = BackupFiles.Open(path, isText);
        var run = new RestoreRun(tables, transactions, settings.Value, reader, options ?? new RestoreOptions(), progress);
        return await Task.Run(() => run.RunAsync(cancellationToken), cancellationToken);
    }

    private static async Task CopyAsync(
        IBackupReader reader, BackupFileWriter writer, BackupHeader header, CancellationToken cancellationToken)
    {
        await writer.BeginAsync(header, cancellationToken);
        BackupTableHeader? table = null;
        await foreach (var batch in reader.ReadAsync(cancellationToken))
        {
            if (!ReferenceEquals(table, batch.Table))
            {
                if (table is not null)
                {
                    await writer.EndTableAsync(cancellationToken);
                }

                table = batch.Table;
                await writer.BeginTableAsync(table, cancellationToken);
            }

            if (batch.Entries.Count > 0)
            {
                await writer.WriteAsync(batch.Entries, cancellationToken);
            }
        }

        if (table is not null)
        {
            await writer.EndTableAsync(cancellationToken);
        }

        await writer.CompleteAsync(cancellationToken);
    }

    private static void CheckNodeName(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, parameter);
        var parts = name.Split('@');
        if (name.Length > MaxNodeNameLength || parts is not [{ Length: > 0 }, { Length: > 0 }])
        {
            throw new ArgumentException($"'{name}' is no name of a node, which is name@host.", parameter);
        }
    }
}
