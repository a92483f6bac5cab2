using System.Text;

namespace MimGrains.Clustering.NodeList;

/// <summary>The node list in a file.</summary>
/// <remarks>
/// What is watched is the folder, with everything in it: an editor renames another file over the list, and Kubernetes changes
/// the symbolic link <c>..data</c> beside it. Changes behind other links are seen by polling only.
/// </remarks>
internal sealed class NodeListFileSource(string path) : INodeListSource
{
    /// <summary>Largest file that is read.</summary>
    public const int FileMaxBytes = 1_024 * 1_024;

    private readonly string _path = Path.GetFullPath(path);

    public string Display { get; } = path;

    public (string Text, DateTimeOffset WrittenAt) Read()
    {
        // One handle for both: the name may stand for another file a moment later.
        using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        var length = file.Length;
        while (length <= FileMaxBytes && bytes.Length < length)
        {
            file.CopyTo(bytes);
            length = file.Length;
        }

        if (length > FileMaxBytes)
        {
            throw new IOException($"The file has {length} bytes; allowed: at most {FileMaxBytes}.");
        }

        var writtenAt = File.GetLastWriteTimeUtc(file.SafeFileHandle);
        return (Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length), new DateTimeOffset(writtenAt, TimeSpan.Zero));
    }

    public IDisposable? Watch(Action onChange)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(Path.GetDirectoryName(_path)!)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            watcher.Changed += (_, _) => onChange();
            watcher.Created += (_, _) => onChange();
            watcher.Deleted += (_, _) => onChange();
            watcher.Renamed += (_, _) => onChange();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // No such folder, or no watches left on this machine: polling goes on.
            watcher?.Dispose();
            return null;
        }
    }
}
