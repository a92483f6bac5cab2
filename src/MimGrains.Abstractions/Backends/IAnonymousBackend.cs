using MimGrains.Sessions;

namespace MimGrains.Backends;

/// <summary>Who is logged in anonymously: <c>auth.anonymous.backend</c>.</summary>
/// <remarks>
/// Follows MongooseIM's <c>ejabberd_auth_anonymous_backend</c>. A session that ends, or whose silo dies, goes by itself. All
/// members may be called from any thread.
/// </remarks>
public interface IAnonymousBackend
{
    /// <summary>Says that a session is anonymous; called on its own silo.</summary>
    ValueTask AddAsync(SessionKey session, CancellationToken cancellationToken = default);

    /// <summary>Forgets it; not needed when the session ends.</summary>
    ValueTask RemoveAsync(SessionKey session, CancellationToken cancellationToken = default);

    /// <summary>Returns whether a user has an anonymous session.</summary>
    ValueTask<bool> ExistsAsync(string server, string user, CancellationToken cancellationToken = default);
}
