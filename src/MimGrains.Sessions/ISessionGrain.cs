namespace MimGrains.Sessions;

/// <summary>
/// Answers Orleans clients from the replica of their gateway silo. Clients use <see cref="ISessionManager"/>, which
/// <see cref="SessionServiceCollectionExtensions.AddSessionClient"/> adds; members do what those of <see cref="ISessionManager"/> do.
/// </summary>
[Alias("mimgrains.session-grain")]
public interface ISessionGrain : IGrainWithIntegerKey
{
    /// <summary>See <see cref="ISessionManager.OpenAsync"/>; the gateway silo owns the session.</summary>
    [Alias("open")]
    ValueTask<SessionKey> OpenAsync(SessionRequest request, CancellationToken cancellationToken);

    /// <summary>See <see cref="ISessionManager.OpenManyAsync"/>; the gateway silo owns the sessions.</summary>
    [Alias("open-many")]
    ValueTask<SessionKey[]> OpenManyAsync(SessionRequest[] requests, CancellationToken cancellationToken);

    /// <summary>See <see cref="ISessionManager.CloseAsync(SessionKey, SessionEnd, CancellationToken)"/>.</summary>
    [Alias("close")]
    ValueTask CloseAsync(SessionKey key, SessionEnd end, CancellationToken cancellationToken);

    /// <summary>See <see cref="ISessionManager.KickAsync"/>.</summary>
    [Alias("kick")]
    ValueTask<bool> KickAsync(SessionKey key, string text, CancellationToken cancellationToken);

    /// <summary>See <see cref="ISessionManager.SetPresenceAsync"/>.</summary>
    [Alias("set-presence")]
    ValueTask SetPresenceAsync(
        SessionKey key, int priority, Dictionary<string, string>? info, CancellationToken cancellationToken);

    /// <summary>See <see cref="ISessionManager.UnsetPresenceAsync"/>.</summary>
    [Alias("unset-presence")]
    ValueTask UnsetPresenceAsync(SessionKey key, CancellationToken cancellationToken);

    /// <summary>See <see cref="ISessionManager.StoreInfoAsync"/>.</summary>
    [Alias("store-info")]
    ValueTask StoreInfoAsync(SessionKey key, string name, string value, CancellationToken cancellationToken);

    /// <summary>See <see cref="ISessionManager.RemoveInfoAsync"/>.</summary>
    [Alias("remove-info")]
    ValueTask RemoveInfoAsync(SessionKey key, string name, CancellationToken cancellationToken);

    /// <summary>See <see cref="ISessionManager.RouteAsync"/>.</summary>
    [Alias("route")]
    ValueTask<RouteResult> RouteAsync(Jid to, object message, CancellationToken cancellationToken);

    /// <summary>See <see cref="ISessionManager.GetSessionsAsync"/>.</summary>
    [Alias("all")]
    ValueTask<Session[]> GetSessionsAsync(SessionKey? after, int limit);

    /// <summary>See <see cref="ISessionManager.GetPreferredSessionAsync"/>.</summary>
    [Alias("preferred")]
    ValueTask<Session?> GetPreferredSessionAsync(UserPrefix user);

    /// <summary>See <see cref="ISessionManager.IsOfflineAsync"/>.</summary>
    [Alias("is-offline")]
    ValueTask<bool> IsOfflineAsync(UserPrefix user);

    /// <summary>See <see cref="ISessionManager.GetAsync"/>.</summary>
    [Alias("get")]
    ValueTask<Session?> GetAsync(SessionKey key);

    /// <summary>See <see cref="ISessionManager.GetUserSessionsAsync"/>.</summary>
    [Alias("user")]
    ValueTask<Session[]> GetUserSessionsAsync(UserPrefix user);

    /// <summary>See <see cref="ISessionManager.GetFullJidSessionsAsync"/>.</summary>
    [Alias("full-jid")]
    ValueTask<Session[]> GetFullJidSessionsAsync(FullJidPrefix fullJid);

    /// <summary>See <see cref="ISessionManager.GetServerSessionsAsync"/>.</summary>
    [Alias("server")]
    ValueTask<Session[]> GetServerSessionsAsync(string server, SessionKey? after, int limit);

    /// <summary>See <see cref="ISessionManager.CountAsync"/>.</summary>
    [Alias("count")]
    ValueTask<long> CountAsync();

    /// <summary>See <see cref="ISessionManager.CountUniqueUsersAsync"/>.</summary>
    [Alias("count-users")]
    ValueTask<long> CountUniqueUsersAsync();

    /// <summary>See <see cref="ISessionManager.CountBySiloAsync"/>.</summary>
    [Alias("count-by-silo")]
    ValueTask<Dictionary<string, long>> CountBySiloAsync();
}
