namespace MimGrains.Sessions;

/// <summary>The session manager of an Orleans client: each call is one call to the gateway silo, answered by its replica.</summary>
/// <remarks>
/// All calls of one client go to the same gateway silo while it lives, so that one read after the other never goes back in time.
/// What the gateway silo opens for the client belongs to the gateway silo, and goes with it. Registered by
/// <see cref="SessionServiceCollectionExtensions.AddSessionClient"/>.
/// </remarks>
/// <param name="grains">The client's grain factory.</param>
public sealed partial class ClientSessionManager(IGrainFactory grains) : ISessionManager
{
    // One key: Orleans clients choose the gateway by the grain, each client beginning with another one.
    private readonly ISessionGrain _sessions = grains.GetGrain<ISessionGrain>(0);

    /// <inheritdoc/>
    public ValueTask<SessionKey> OpenAsync(
        string server, string user, string resource, SessionRecord record, CancellationToken cancellationToken = default)
    {
        var jid = SessionArguments.CheckOpen(server, user, resource, record);
        return _sessions.OpenAsync(new SessionRequest(jid.Server, jid.User, jid.Resource, record), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SessionKey>> OpenManyAsync(
        IReadOnlyList<SessionRequest> requests, CancellationToken cancellationToken = default)
    {
        var prepared = SessionArguments.CheckOpenMany(requests);
        return prepared.Length == 0 ? [] : await _sessions.OpenManyAsync(prepared, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<Session?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        Cancellable(_sessions.GetAsync(key), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Session>> GetUserSessionsAsync(
        string server, string user, CancellationToken cancellationToken = default)
    {
        return await Cancellable(_sessions.GetUserSessionsAsync(SessionArguments.User(server, user)), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Session>> GetFullJidSessionsAsync(
        string server, string user, string resource, CancellationToken cancellationToken = default)
    {
        var jid = SessionArguments.FullJid(server, user, resource);
        return await Cancellable(
            _sessions.GetFullJidSessionsAsync(new FullJidPrefix(jid.Server, jid.User, jid.Resource)), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Session>> GetServerSessionsAsync(
        string server, SessionKey? after = null, int limit = 1_000, CancellationToken cancellationToken = default)
    {
        var prepared = SessionArguments.CheckPage(server, after, limit);
        return await Cancellable(_sessions.GetServerSessionsAsync(prepared, after, limit), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Session>> GetSessionsAsync(
        SessionKey? after = null, int limit = 1_000, CancellationToken cancellationToken = default)
    {
        SessionArguments.CheckLimit(limit);
        return await Cancellable(_sessions.GetSessionsAsync(after, limit), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<Session?> GetPreferredSessionAsync(
        string server, string user, CancellationToken cancellationToken = default) =>
        Cancellable(_sessions.GetPreferredSessionAsync(SessionArguments.User(server, user)), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> IsOfflineAsync(string server, string user, CancellationToken cancellationToken = default) =>
        Cancellable(_sessions.IsOfflineAsync(SessionArguments.User(server, user)), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(CancellationToken cancellationToken = default) =>
        Cancellable(_sessions.CountAsync(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> CountUniqueUsersAsync(CancellationToken cancellationToken = default) =>
        Cancellable(_sessions.CountUniqueUsersAsync(), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<string, long>> CountBySiloAsync(CancellationToken cancellationToken = default) =>
        await Cancellable(_sessions.CountBySiloAsync(), cancellationToken);

    // A read is quick on the silo: cancelling it only ends the wait here, and needs no message.
    private static ValueTask<T> Cancellable<T>(ValueTask<T> call, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            return call;
        }

        var answer = call.AsTask();
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<T>(cancellationToken) // Even when the answer is here: no caller sees it now and then.
            : new(answer.WaitAsync(cancellationToken));
    }
}
