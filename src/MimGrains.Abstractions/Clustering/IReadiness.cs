namespace MimGrains.Clustering;

/// <summary>Tells code of yours when a silo may take work. All members may be called from any thread.</summary>
public interface IReadiness
{
    /// <summary>
    /// Returns whether the silo is active, all its tables have joined those of the other silos, and the persistent tables that it
    /// started with have been loaded.
    /// </summary>
    bool IsReady { get; }

    /// <summary>
    /// Completes when all tables that were registered have joined and the persistent ones are loaded; listeners of yours open after
    /// that. The start of the host does not wait for it: while a database is away, tables are not loaded.
    /// </summary>
    /// <exception cref="OperationCanceledException">The silo stops before, or the token is cancelled.</exception>
    /// <exception cref="Tables.TableDefinitionMismatchException">Another silo defines a persistent table differently.</exception>
    Task WaitAsync(CancellationToken cancellationToken = default);
}

/// <summary>How a silo is.</summary>
public enum SiloState
{
    /// <summary>It is not active yet, a table has not joined, or a persistent table that it starts with is not loaded.</summary>
    Starting = 0,

    /// <summary>Everything works.</summary>
    Ready = 1,

    /// <summary>
    /// It serves, but its database, or its list of nodes, cannot be reached: silos can neither join nor be declared dead. Or a
    /// persistent table that was created while it runs is not loaded yet.
    /// </summary>
    Degraded = 2,

    /// <summary>It serves, but too few listed nodes can be reached to decide anything: the others may have declared it dead.</summary>
    Minority = 3,

    /// <summary>It takes no more work, or was declared dead.</summary>
    Stopping = 4,
}

/// <summary>Says how a silo is, and why. Can be asked at any time.</summary>
public interface ISiloHealth
{
    /// <summary>Returns the state, and what it comes from.</summary>
    (SiloState State, string Reason) Current { get; }
}
