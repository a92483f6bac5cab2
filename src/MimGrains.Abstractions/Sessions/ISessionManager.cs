namespace MimGrains.Sessions;

/// <summary>
/// Keeps which user is connected with which resource on which silo, and reaches them. On a silo reads are answered by the silo's
/// own replica and complete synchronously; in an Orleans client each call is one call to a gateway silo.
/// </summary>
/// <remarks>
/// <para>Follows MongooseIM's <c>ejabberd_sm</c>. All members may be called from any thread. Servers, users and resources are
/// prepared as RFC 7622 says before anything else: <c>Alice@Example.COM</c> is <c>alice@example.com</c>, in reads too. One that is
/// no part of an address is an <see cref="ArgumentException"/> that names the argument and says what is wrong with it.</para>
/// <para>A session is changed and ended by its own silo only, whoever asks: one change after another, and none after its end.</para>
/// </remarks>
public partial interface ISessionManager
{
    /// <summary>
    /// Opens a session on this silo (from a client: on the gateway silo). Returns when every live silo has it, and the older
    /// sessions of the same full JID are gone: their connections were told (<see cref="ISessionConnection.EndedAsync"/>).
    /// </summary>
    /// <param name="server">Domain; 1 to 1,023 bytes of UTF-8.</param>
    /// <param name="user">Local part; 1 to 1,023 bytes of UTF-8.</param>
    /// <param name="resource">Resource; 1 to 1,023 bytes of UTF-8.</param>
    /// <param name="record">What the session carries; with <see cref="SessionRecord.Target"/>, if messages are to reach it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The key; greater than that of every session of this full JID that this silo knew.</returns>
    /// <exception cref="ArgumentException">An argument is outside of its limits; the message names it and what was found.</exception>
    /// <exception cref="SessionReplacedException">
    /// Another silo opened a session of this full JID in the same moment, and its key is greater: that one stays, on all silos.
    /// </exception>
    /// <exception cref="Tables.WriteNotAcknowledgedException">
    /// A live silo did not answer in time. The session is closed again: nothing stays open that its caller has no key of.
    /// </exception>
    /// <exception cref="OperationCanceledException">As for an unanswered write, the session is closed again.</exception>
    /// <exception cref="Tables.TableUnavailableException">The silo has not joined the session table yet, or is stopping.</exception>
    ValueTask<SessionKey> OpenAsync(
        string server, string user, string resource, SessionRecord record, CancellationToken cancellationToken = default);

    /// <summary>Opens many sessions, with the error rules of <see cref="OpenAsync"/>; nothing is opened if one is refused.</summary>
    /// <param name="requests">0 to 10,000 sessions.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// The keys, in the order of the requests. Of several for one full JID the last stays; the others are replaced by it.
    /// </returns>
    ValueTask<IReadOnlyList<SessionKey>> OpenManyAsync(
        IReadOnlyList<SessionRequest> requests, CancellationToken cancellationToken = default);

    /// <summary>
    /// Closes a session for its connection, which is not told; one that is closed already is no error. Returns when every live
    /// silo has forgotten it, and <see cref="ISessionCleanup"/> has run.
    /// </summary>
    ValueTask CloseAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="CloseAsync(SessionKey, CancellationToken)"/>, with a reason of your own.</summary>
    ValueTask CloseAsync(SessionKey key, SessionEnd end, CancellationToken cancellationToken = default);

    /// <summary>Ends a session: tells its connection, and closes it when that has answered, or after a timeout.</summary>
    /// <returns>Whether it was open.</returns>
    ValueTask<bool> KickAsync(SessionKey key, string text = "", CancellationToken cancellationToken = default);

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
    /// <param name="after">
    /// The last key of the page before, whether or not it is still open; null for the first page. Must be of the same server.
    /// </param>
    /// <param name="limit">1 to 10,000; default 1,000.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>One page. Fewer than <paramref name="limit"/> sessions are the last page.</returns>
    /// <exception cref="ArgumentException"><paramref name="after"/> is of another server.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is out of range.</exception>
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
