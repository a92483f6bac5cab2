using Orleans.Concurrency;

namespace MimGrains.Sessions;

/// <summary>Passes a client's calls to the session manager of the silo that it runs on.</summary>
/// <remarks>
/// A stateless worker is placed on the silo that its call reached, which is the client's gateway: reads cost no further hop.
/// Reentrant, so that one that waits for acknowledgements holds up no other.
/// </remarks>
[StatelessWorker, Reentrant, GrainType("mimgrains.session")]
internal sealed class SessionGrain(ISessionManager sessions) : Grain, ISessionGrain
{
    public ValueTask<SessionKey> OpenAsync(SessionRequest request, CancellationToken cancellationToken) =>
        sessions.OpenAsync(request.Server, request.User, request.Resource, request.Record, cancellationToken);

    public async ValueTask<SessionKey[]> OpenManyAsync(SessionRequest[] requests, CancellationToken cancellationToken) =>
        ToArray(await sessions.OpenManyAsync(requests, cancellationToken));

    public ValueTask CloseAsync(SessionKey key, SessionEnd end, CancellationToken cancellationToken) =>
        sessions.CloseAsync(key, end, cancellationToken);

    public ValueTask<bool> KickAsync(SessionKey key, string text, CancellationToken cancellationToken) =>
        sessions.KickAsync(key, text, cancellationToken);

    public ValueTask SetPresenceAsync(
        SessionKey key, int priority, Dictionary<string, string>? info, CancellationToken cancellationToken) =>
        sessions.SetPresenceAsync(key, priority, info, cancellationToken);

    public ValueTask UnsetPresenceAsync(SessionKey key, CancellationToken cancellationToken) =>
        sessions.UnsetPresenceAsync(key, cancellationToken);

    public ValueTask StoreInfoAsync(SessionKey key, string name, string value, CancellationToken cancellationToken) =>
        sessions.StoreInfoAsync(key, name, value, cancellationToken);

    public ValueTask RemoveInfoAsync(SessionKey key, string name, CancellationToken cancellationToken) =>
        sessions.RemoveInfoAsync(key, name, cancellationToken);

    public ValueTask<RouteResult> RouteAsync(Jid to, object message, CancellationToken cancellationToken) =>
        sessions.RouteAsync(to, message, cancellationToken);

    public async ValueTask<Session[]> GetSessionsAsync(SessionKey? after, int limit) =>
        ToArray(await sessions.GetSessionsAsync(after, limit));

    public ValueTask<Session?> GetPreferredSessionAsync(UserPrefix user) =>
        sessions.GetPreferredSessionAsync(user.Server, user.User);

    public ValueTask<bool> IsOfflineAsync(UserPrefix user) => sessions.IsOfflineAsync(user.Server, user.User);

    public ValueTask<Session?> GetAsync(SessionKey key) => sessions.GetAsync(key);

    public async ValueTask<Session[]> GetUserSessionsAsync(UserPrefix user) =>
        ToArray(await sessions.GetUserSessionsAsync(user.Server, user.User));

    public async ValueTask<Session[]> GetFullJidSessionsAsync(FullJidPrefix fullJid) =>
        ToArray(await sessions.GetFullJidSessionsAsync(fullJid.Server, fullJid.User, fullJid.Resource));

    public async ValueTask<Session[]> GetServerSessionsAsync(string server, SessionKey? after, int limit) =>
        ToArray(await sessions.GetServerSessionsAsync(server, after, limit));

    public ValueTask<long> CountAsync() => sessions.CountAsync();

    public ValueTask<long> CountUniqueUsersAsync() => sessions.CountUniqueUsersAsync();

    public async ValueTask<Dictionary<string, long>> CountBySiloAsync() =>
        new(await sessions.CountBySiloAsync(), StringComparer.Ordinal);

    // An array has one form on the wire, whatever list the session manager has.
    private static T[] ToArray<T>(IReadOnlyList<T> list) => list as T[] ?? [.. list];
}
