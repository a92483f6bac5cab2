using MimGrains.Persistent;

namespace MimGrains.Mnesia.Backups;

// create beside the place -> write -> flush to the disk -> move into the place; disposed before: removed
/// <summary>A file that has its name only once it is complete.</summary>
internal sealed class FreshFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly string _partPath;
    private bool _isComplete;

    private FreshFile(string path, string partPath, FileStream stream) => (_path, _partPath, Stream) = (path, partPath, stream);

    public FileStream Stream { get; }

    /// <exception cref="BackupException">The file cannot be made.</exception>
    public static FreshFile Create(string path)
    {
        var full = Path.GetFullPath(path);
        var part = $"{full}.{Path.GetRandomFileName()}.part";
        try
        {
            return new FreshFile(full, part, new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotWritten(full, exception);
        }
    }

    /// <exception cref="BackupException">It cannot be written.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await Stream.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException exception)
        {
            throw NotWritten(_path, exception);
        }
    }

    /// <exception cref="BackupException">It cannot be written, or its place cannot be taken.</exception>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Stream.FlushAsync(cancellationToken);
            Stream.Flush(flushToDisk: true);
            await Stream.DisposeAsync();
            File.Move(_partPath, _path, overwrite: true);
            _isComplete = true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotWritten(_path, exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Stream.DisposeAsync();
        if (!_isComplete)
        {
            File.Delete(_partPath);
        }
    }

    private static BackupException NotWritten(string path, Exception exception) =>
        new(BackupProblem.NotAccessible, $"{path} cannot be written: {exception.Message}", exception);
}
