using MimGrains.Persistent;
using MimGrains.Tables;

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

    /// <summary>The table was deleted.</summary>
    public void Remove()
    {
        _isLoaded = false;
        Fail("it was deleted");
    }

    /// <summary>It cannot be read on this silo, and never will be.</summary>
    public void Fail(string problem, Exception? cause = null)
    {
        _problem = problem;
        Fail(new PersistentTableUnavailableException(definition.Name, problem, cause));
    }

    /// <inheritdoc cref="Fail(string, Exception?)"/>
    public void Fail(TableDefinitionMismatchException mismatch)
    {
        _problem = mismatch.Message;
        Fail((Exception)mismatch);
    }

    private void Fail(Exception reason)
    {
        if (_loaded.TrySetException(reason))
        {
            // Whoever waits sees it; that nobody waits is no unhandled error.
            _ = _loaded.Task.Exception;
        }
    }
}
