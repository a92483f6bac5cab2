using MimGrains.Persistent;

namespace MimGrains.Mnesia.Backups;

/// <summary>Opens backups and dumps.</summary>
internal static class BackupFiles
{
    /// <summary>Opens a file as what it begins like.</summary>
    /// <exception cref="BackupException">It is not there or cannot be read.</exception>
    public static async Task<IBackupReader> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path);
        var stream = Open(full);
        var first = new byte[1];
        var isText = await stream.ReadAsync(first, cancellationToken) == 1 && first[0] == '{';
        return isText ? new TextDumpReader(full, stream) : new BackupFileReader(full, stream);
    }

    /// <summary>Opens a file as a backup, or as a dump.</summary>
    /// <inheritdoc cref="OpenAsync(string, CancellationToken)"/>
    public static IBackupReader Open(string path, bool isText)
    {
        var full = Path.GetFullPath(path);
        return isText ? new TextDumpReader(full, Open(full)) : new BackupFileReader(full, Open(full));
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 128 * 1_024);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BackupException(BackupProblem.NotFound, $"There is no file {path}.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(BackupProblem.NotAccessible, $"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Reads a file to its end.</summary>
    /// <exception cref="BackupException">It is damaged, cut off, or something else.</exception>
    public static async Task<BackupInfo> InspectAsync(
        IBackupReader reader, Action<BackupBatch> onBatch, CancellationToken cancellationToken)
    {
        List<BackupTableInfo> tables = [];
        await foreach (var batch in reader.ReadAsync(cancellationToken))
        {
            if (tables.Count == 0 || tables[^1].Name != batch.Table.Name)
            {
                tables.Add(new BackupTableInfo(batch.Table.Name, batch.Table.Description, 0));
            }

            tables[^1] = tables[^1] with { Records = tables[^1].Records + batch.Entries.Count };
            onBatch(batch);
        }

        return new BackupInfo(reader.Header.CreatedAt, reader.Header.Nodes, tables);
    }
}
