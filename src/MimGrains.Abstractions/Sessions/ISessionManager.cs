namespace MimGrains.Sessions;

/// <summary>
/// Keeps which user is connected with which resource on which silo. On a silo reads are answered by the silo's own replica and
/// complete synchronously; in an Orleans client each call is one call to a gateway silo.
/// </summary>
/// <remarks>Follows MongooseIM's <c>ejabberd_sm</c>. All members may be called from any thread.</remarks>
public interface ISessionManager
{
    /// <summary>Opens a session on this silo (from a client: on the gateway silo). Returns when every live silo has it.</summary>
    /// <exception cref="ArgumentException">Server, user or resource is empty or longer than 1,023 bytes of UTF-8.</exception>
    ValueTask<SessionKey> OpenAsync(
        string server, string user, string resource, SessionRecord record, CancellationToken cancellationToken = default);

    /// <summary>Opens many sessions, with the error rules of <see cref="OpenAsync"/>; nothing is opened if one is refused.</summary>
    /// <returns>The keys, in the order of the requests.</returns>
    ValueTask<IReadOnlyList<SessionKey>> OpenManyAsync(
        IReadOnlyList<SessionRequest> requests, CancellationToken cancellationToken = default);

    /// <summary>Closes a session; one that is closed already is no error. Returns when every live silo has forgotten it.</summary>
    ValueTask CloseAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Returns the session with this key, or null.</summary>
    ValueTask<Session?> GetAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Returns the sessions of a user, ascending by resource and id.</summary>
    ValueTask<IReadOnlyList<Session>> GetUserSessionsAsync(
        string server, string user, CancellationToken cancellationToken = default);

    /// <summary>Returns the sessions of a full JID, ascending by id; more than one only while an older one is being replaced.</summary>
    ValueTask<IReadOnlyList<Session>> GetFullJidSessionsAsync(
        string server, string user, string resource, CancellationToken cancellationToken = default);

    /// <summary>Returns the sessions of a server, ascending by key, at most <paramref name="limit"/> after <paramref name="after"/>.</summary>
    /// <param name="server">Domain.</param>
    /// <param name="after">The last key of the page before; null for the first page.</param>
    /// <param name="limit">1 to 10,000; default 1,000.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<Session>> GetServerSessionsAsync(
        string server, SessionKey? after = null, int limit = 1_000, CancellationToken cancellationToken = default);

    /// <summary>Returns how many sessions there are.</summary>
    ValueTask<long> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns how many users have at least one session.</summary>
    /// <remarks>Walks all keys: O(sessions).</remarks>
    ValueTask<long> CountUniqueUsersAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns how many sessions each silo holds the connection of, by <c>SiloAddress.ToParsableString()</c>.</summary>
    /// <remarks>Walks all keys: O(sessions).</remarks>
    ValueTask<IReadOnlyDictionary<string, long>> CountBySiloAsync(CancellationToken cancellationToken = default);
}

/// <summary>A session to open.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.session-request")]
public readonly record struct SessionRequest(
    [property: Id(0)] string Server,
    [property: Id(1)] string User,
    [property: Id(2)] string Resource,
    [property: Id(3)] SessionRecord Record);
