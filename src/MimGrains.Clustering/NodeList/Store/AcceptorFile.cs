namespace MimGrains.Clustering.NodeList;

// save: temporary file -> fsync -> rename -> fsync of the folder; after the first one also the marker
/// <summary>
/// Keeps the state of this node in a file of its data directory. A marker beside it tells a state that is gone from one that never was.
/// </summary>
/// <remarks>
/// <c>discovery.state</c> is replaced as a whole, so a crash leaves the old one or the new one. The marker follows the first state: a
/// node that crashes between the two has a state and makes the marker up. Who removes the whole folder makes the node a new one.
/// </remarks>
internal sealed class AcceptorFile : IAcceptorStore, IDisposable
{
    /// <summary>Name of the file with the state.</summary>
    public const string StateName = "discovery.state";

    /// <summary>Name of the file that says that there was a state.</summary>
    public const string MarkerName = "discovery.marker";

    private const string LockName = "discovery.lock";

    private readonly string _folder;
    private readonly string _statePath;
    private readonly string _markerPath;
    private readonly AcceptorHeader _header;
    private FileStream? _lock;
    private bool _hasMarker;

    /// <summary>Creates the store; nothing is touched before <see cref="LoadAsync"/>.</summary>
    /// <param name="folder">Made if it is not there; for this node alone.</param>
    /// <param name="cluster">The cluster that the state belongs to.</param>
    /// <param name="node">The node that the state belongs to.</param>
    public AcceptorFile(string folder, string cluster, string node)
    {
        _folder = Path.GetFullPath(folder);
        _statePath = Path.Combine(_folder, StateName);
        _markerPath = Path.Combine(_folder, MarkerName);
        _header = new AcceptorHeader(cluster, node);
    }

    public async ValueTask<StoredState> LoadAsync(CancellationToken cancellationToken) =>
        await Task.Run(() => WithErrors(Load, "read"), cancellationToken);

    public async ValueTask SaveAsync(ReadOnlyMemory<byte> state, CancellationToken cancellationToken) =>
        await Task.Run(() => WithErrors(() => Save(state), "saved"), cancellationToken);

    public void Dispose() => _lock?.Dispose();

    private StoredState Load()
    {
        Directory.CreateDirectory(_folder);
        _lock ??= Lock();
        _hasMarker = File.Exists(_markerPath);
        if (!File.Exists(_statePath))
        {
            return _hasMarker
                ? new StoredState(null, true, $"{_statePath}: is missing, though {_markerPath} says that this node had a state")
                : new StoredState(null, false, null);
        }

        var bytes = File.ReadAllBytes(_statePath);
        if (AcceptorFormat.Read(bytes, out var header, out var problem) is not { } state)
        {
            return new StoredState(null, true, $"{_statePath}: {problem}");
        }

        if (header != _header)
        {
            throw new IOException(
                $"{_statePath}: is the state of node {header!.Node} in cluster {header.Cluster}, but this is node {_header.Node} " +
                $"in cluster {_header.Cluster}. Give every node its own node.data_directory; if this node has got a new name, " +
                "move the folder away.");
        }

        MarkOnce();
        return new StoredState(state, false, null);
    }

    private bool Save(ReadOnlyMemory<byte> state)
    {
        if (_lock is null)
        {
            throw new InvalidOperationException("Load comes before save.");
        }

        DurableFile.Replace(_statePath, AcceptorFormat.Write(_header, state.Span));
        MarkOnce();
        return true;
    }

    private void MarkOnce()
    {
        if (!_hasMarker)
        {
            DurableFile.Replace(_markerPath, System.Text.Encoding.UTF8.GetBytes(
                $"Node {_header.Node} of cluster {_header.Cluster} keeps in {StateName} what it has promised to the other nodes.\n" +
                "While this file is here and that one is not, the node knows that it has forgotten, and waits for the others.\n"));
            _hasMarker = true;
        }
    }

    // Two processes with one state would promise different things in one name.
    private FileStream Lock()
    {
        var path = Path.Combine(_folder, LockName);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new IOException($"{_folder}: another process uses it. Give every node its own node.data_directory.", exception);
        }
    }

    private T WithErrors<T>(Func<T> action, string what)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException
            || (exception is IOException && !exception.Message.StartsWith(_folder, StringComparison.Ordinal)))
        {
            throw new IOException(
                $"{_folder}: the state of node {_header.Node} cannot be {what} ({exception.Message}). " +
                "Check node.data_directory, its rights and the space on its disk.",
                exception);
        }
    }
}
