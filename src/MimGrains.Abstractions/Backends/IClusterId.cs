namespace MimGrains.Backends;

/// <summary>Names this cluster, the same on all silos; kept in the SQL database, if there is one, and in memory.</summary>
/// <remarks>
/// Follows MongooseIM's <c>mongoose_cluster_id</c>. Where both have one they must be equal; where only one has it, the other one
/// gets it; where none has, it is made: a random UUID, with <c>ephemeral-</c> before it when there is no database.
/// </remarks>
public interface IClusterId
{
    /// <summary>Returns it; waits until it is known. A database that is away is waited for only while no silo knows the id.</summary>
    /// <exception cref="ClusterIdConflictException">The database holds another one than the silos.</exception>
    Task<string> GetAsync(CancellationToken cancellationToken = default);
}

/// <summary>Where the id of a cluster survives a stop of all its silos.</summary>
public interface IClusterIdStore
{
    /// <summary>Returns it; null when there is none.</summary>
    Task<string?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Keeps an id unless there is one, and returns the one that is kept then.</summary>
    Task<string> AddAsync(string id, CancellationToken cancellationToken);
}

/// <summary>The database holds another id of the cluster than its silos: one of both comes from another cluster.</summary>
public sealed class ClusterIdConflictException : Exception
{
    /// <summary>Creates the exception.</summary>
    public ClusterIdConflictException(string known, string stored)
        : base($"The silos have the cluster id {known}, but the database has {stored}. Stop all silos, so that the database's "
            + "counts; or give this cluster a database, or a cluster_name, of its own.") => (Known, Stored) = (known, stored);

    /// <summary>Returns the one of the silos.</summary>
    public string Known { get; }

    /// <summary>Returns the one of the database.</summary>
    public string Stored { get; }
}
