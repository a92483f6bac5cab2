using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tables;

/// <summary>Whether a persistent table can be read on this silo. Thread-safe.</summary>
internal sealed class TableLoad(PersistentTableDefinition definition)
{
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isLoaded;
    private volatile string? _problem;

    public PersistentTableDefinition Definition => definition;

    public bool IsLoaded => _isLoaded;

    /// <summary>Completes when it is loaded; fails when it never will be on this silo.</summary>
    public Task Loaded => _loaded.Task;

    /// <summary>Why it is not loaded yet, as far as that is known.</summary>
    public string? Problem
    {
        get => _problem;
        set => _problem = value;
    }

    public void Complete()
    {
        _problem = null;
        _isLoaded = true;
        _loaded.TrySetResult();
    }

    public void Fail(Exception reason)
    {
        _problem = reason.Message;
        if (_loaded.TrySetException(reason))
        {
            // Whoever waits sees it; that nobody waits is no unhandled error.
            _ = _loaded.Task.Exception;
        }
    }
}
