using MimGrains.Sessions;

namespace MimGrains.Backends;

/// <summary>
/// Which session a stream management id (XEP-0198) resumes, and how much of an ended one was handled:
/// <c>modules.mod_stream_management</c>.
/// </summary>
/// <remarks>
/// Follows MongooseIM's <c>mod_stream_management_backend</c>. The id of a session that ends, or whose silo dies, goes by itself.
/// All members may be called from any thread; a session is registered by its own silo.
/// </remarks>
public interface IStreamManagementBackend
{
    /// <summary>Registers the id of a session, in place of the one it had.</summary>
    /// <param name="smid">Random, hence unique; not empty.</param>
    /// <param name="session">The session.</param>
    /// <param name="cancellationToken">Cancels the call; it may still be registered.</param>
    ValueTask RegisterAsync(string smid, SessionKey session, CancellationToken cancellationToken = default);

    /// <summary>Removes the id of a session, and returns it; null if there was none.</summary>
    ValueTask<string?> UnregisterAsync(SessionKey session, CancellationToken cancellationToken = default);

    /// <summary>Returns the session of an id; null when there is none.</summary>
    ValueTask<SessionKey?> FindSessionAsync(string smid, CancellationToken cancellationToken = default);

    /// <summary>Returns the id of a session; null when it has none.</summary>
    ValueTask<string?> FindIdAsync(SessionKey session, CancellationToken cancellationToken = default);

    /// <summary>
    /// Keeps how many stanzas were handled of a stream that cannot be resumed any more; forgotten after
    /// <c>stale_h.geriatric</c>. Does nothing unless <c>stale_h.enabled</c>.
    /// </summary>
    ValueTask StoreStaleAsync(string smid, long handled, CancellationToken cancellationToken = default);

    /// <summary>Returns how many stanzas were handled; null when it is not known (any more).</summary>
    ValueTask<long?> FindStaleAsync(string smid, CancellationToken cancellationToken = default);

    /// <summary>Forgets it at once.</summary>
    ValueTask RemoveStaleAsync(string smid, CancellationToken cancellationToken = default);
}
