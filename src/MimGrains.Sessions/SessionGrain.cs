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

    public ValueTask CloseAsync(SessionKey key, CancellationToken cancellationToken) =>
        sessions.CloseAsync(key, cancellationToken);

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
