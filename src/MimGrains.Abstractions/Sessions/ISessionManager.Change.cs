namespace MimGrains.Sessions;

// What changes in an open session, and who gets a message.
public partial interface ISessionManager
{
    /// <summary>Says that the session is present, and adds to its information.</summary>
    /// <param name="key">The session.</param>
    /// <param name="priority">-128 to 127.</param>
    /// <param name="info">Added to what there is; a name that is there already is replaced. Null adds nothing.</param>
    /// <param name="cancellationToken">Cancels the call; the change may still be made.</param>
    /// <exception cref="ArgumentException"><paramref name="priority"/> is out of range.</exception>
    /// <exception cref="SessionNotFoundException">The session is not open.</exception>
    /// <exception cref="Tables.WriteNotAcknowledgedException">A live silo did not answer in time; the change reaches it later.</exception>
    ValueTask SetPresenceAsync(
        SessionKey key,
        int priority,
        IReadOnlyDictionary<string, string>? info = null,
        CancellationToken cancellationToken = default);

    /// <summary>Says that the session is not present any more: it has no priority then.</summary>
    /// <exception cref="SessionNotFoundException">The session is not open.</exception>
    ValueTask UnsetPresenceAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Stores information with a session, and tells its connection.</summary>
    /// <exception cref="SessionNotFoundException">The session is not open.</exception>
    ValueTask StoreInfoAsync(SessionKey key, string name, string value, CancellationToken cancellationToken = default);

    /// <summary>Removes information of a session, and tells its connection; a name that is not there is no error.</summary>
    /// <exception cref="SessionNotFoundException">The session is not open.</exception>
    ValueTask RemoveInfoAsync(SessionKey key, string name, CancellationToken cancellationToken = default);

    /// <summary>
    /// Brings a message to the live connection of a full JID, on whichever silo or client it is; of a bare JID, to those with the
    /// highest priority, if that is 0 or more. Returns when they have taken it; of those that do not answer it does not wait longer
    /// than <see cref="SessionOptions.RouteTimeout"/>, or than until their silo is known to be dead.
    /// </summary>
    /// <param name="to">The full or bare JID.</param>
    /// <param name="message">Anything that Orleans serializes.</param>
    /// <param name="cancellationToken">Ends the wait; the message may still arrive.</param>
    /// <remarks>
    /// What <see cref="ISessionConnection.ReceiveAsync"/> throws is thrown here. A session whose connection was in an Orleans client
    /// that is gone is closed. Messages of one caller to one session arrive in order if each is awaited before the next.
    /// </remarks>
    ValueTask<RouteResult> RouteAsync(Jid to, object message, CancellationToken cancellationToken = default);

    /// <summary>Returns all sessions, ascending by key, at most <paramref name="limit"/> after <paramref name="after"/>.</summary>
    /// <param name="after">The last key of the page before; null for the first page.</param>
    /// <param name="limit">1 to 10,000; default 1,000.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is out of range.</exception>
    ValueTask<IReadOnlyList<Session>> GetSessionsAsync(
        SessionKey? after = null, int limit = 1_000, CancellationToken cancellationToken = default);

    /// <summary>Returns the session with the highest priority of a user, the newest of several; null when none is present.</summary>
    ValueTask<Session?> GetPreferredSessionAsync(string server, string user, CancellationToken cancellationToken = default);

    /// <summary>Returns whether no session of a user is present with a priority of 0 or more: messages are to be stored then.</summary>
    ValueTask<bool> IsOfflineAsync(string server, string user, CancellationToken cancellationToken = default);
}
