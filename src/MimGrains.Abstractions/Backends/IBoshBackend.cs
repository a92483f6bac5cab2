namespace MimGrains.Backends;

/// <summary>BOSH sessions (XEP-0124) by their id: <c>services.service_bosh.backend</c>.</summary>
/// <remarks>Follows MongooseIM's <c>mod_bosh_backend</c>. All members may be called from any thread.</remarks>
public interface IBoshBackend
{
    /// <summary>Creates a session.</summary>
    /// <returns>Whether the id was free; if not, nothing is changed.</returns>
    ValueTask<bool> TryCreateAsync(string sid, ConnectionRef socket, CancellationToken cancellationToken = default);

    /// <summary>Removes a session; one that is not there is no error. Those of a dead silo go by themselves.</summary>
    ValueTask RemoveAsync(string sid, CancellationToken cancellationToken = default);

    /// <summary>Returns what serves a session; null when there is none.</summary>
    ValueTask<ConnectionRef?> FindAsync(string sid, CancellationToken cancellationToken = default);

    /// <summary>Returns all sessions, ascending by id.</summary>
    ValueTask<IReadOnlyList<KeyValuePair<string, ConnectionRef>>> GetAllAsync(CancellationToken cancellationToken = default);
}
