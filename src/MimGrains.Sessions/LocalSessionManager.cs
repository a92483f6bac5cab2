using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Tables;

namespace MimGrains.Sessions;

// Open:    prepare -> id, greater than every known one of the full JID -> insert (returns when every live silo has it) -> look: of
//          any two that open at once, the one whose insert ends later sees both -> end those that are not the newest.
// Change:  the silo of the session does it (SessionOwners).
// Read:    what this silo holds of the table, in the caller's thread.

/// <summary>The session manager of a silo: reads its own replica or copy and opens sessions as their owner.</summary>
/// <remarks>
/// All reads complete synchronously and allocate nothing beyond their result. Registered by
/// <see cref="SessionServiceCollectionExtensions.AddSessions"/>, or over a persistent table by
/// <see cref="SessionServiceCollectionExtensions.AddPersistentSessions"/>.
/// </remarks>
internal sealed partial class LocalSessionManager : ISessionManager
{
    private readonly ISessionStore _store;
    private readonly SessionIdSource _ids;
    private readonly SessionOwners _owners;
    private readonly SessionConnections _connections;
    private readonly SessionLifecycle _lifecycle;
    private readonly SiloDeaths _deaths;
    private readonly TimeProvider _time;
    private readonly SessionOptions _options;
    private readonly ILogger _logger;

    public LocalSessionManager(
        ISessionStore store,
        SessionOwners owners,
        SessionDesk desk,
        SessionConnections connections,
        SessionLifecycle lifecycle,
        SiloDeaths deaths,
        TimeProvider time,
        IOptions<SessionOptions> options,
        ILogger<LocalSessionManager> logger)
    {
        (_store, _owners, _connections, _lifecycle, _deaths, _time, _options, _logger) =
            (store, owners, connections, lifecycle, deaths, time, options.Value, logger);
        _ids = new SessionIdSource(desk.Silo, time);
    }

    /// <inheritdoc/>
    public ValueTask<Session?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        new(_store.TryGet(key, out var record) ? new Session(key, record) : null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Session>> GetUserSessionsAsync(
        string server, string user, CancellationToken cancellationToken = default)
    {
        return new(SessionList.Of(_store.OfUser(SessionArguments.User(server, user))));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Session>> GetFullJidSessionsAsync(
        string server, string user, string resource, CancellationToken cancellationToken = default)
    {
        var jid = SessionArguments.FullJid(server, user, resource);

        // A user has few sessions, and the index finds them by hash: cheaper than a descent of the ordered index.
        return new(WithResource(_store.OfUser(new UserPrefix(jid.Server, jid.User)), jid.Resource));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Session>> GetServerSessionsAsync(
        string server, SessionKey? after = null, int limit = 1_000, CancellationToken cancellationToken = default)
    {
        var prefix = new ServerPrefix(SessionArguments.CheckPage(server, after, limit));
        return new(SessionList.Of(_store.PageOf(prefix, after, limit)));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Session>> GetSessionsAsync(
        SessionKey? after = null, int limit = 1_000, CancellationToken cancellationToken = default)
    {
        SessionArguments.CheckLimit(limit);
        return new(SessionList.Of(_store.Page(after, limit)));
    }

    /// <inheritdoc/>
    public ValueTask<Session?> GetPreferredSessionAsync(
        string server, string user, CancellationToken cancellationToken = default) =>
        new(SessionRules.Preferred(_store.OfUser(SessionArguments.User(server, user))));

    /// <inheritdoc/>
    public ValueTask<bool> IsOfflineAsync(string server, string user, CancellationToken cancellationToken = default) =>
        new(SessionRules.Preferred(_store.OfUser(SessionArguments.User(server, user)))?.Record.Priority is not >= 0);

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(CancellationToken cancellationToken = default) => new(_store.Count);

    /// <inheritdoc/>
    public ValueTask<long> CountUniqueUsersAsync(CancellationToken cancellationToken = default)
    {
        var users = 0L;
        string? server = null;
        string? user = null;
        // Ascending by key: the sessions of a user stand side by side.
        foreach (var (key, _) in _store.All())
        {
            if (!string.Equals(user, key.User, StringComparison.Ordinal) ||
                !string.Equals(server, key.Server, StringComparison.Ordinal))
            {
                users++;
                (server, user) = (key.Server, key.User);
            }
        }

        return new(users);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, long>> CountBySiloAsync(CancellationToken cancellationToken = default)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (key, _) in _store.All())
        {
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, key.Id.Silo, out _)++;
        }

        return new(counts);
    }

    private static Session[] WithResource(IReadOnlyList<TableEntry<SessionKey, SessionRecord>> entries, string resource)
    {
        // Ascending by resource: the ones that match stand side by side.
        var first = 0;
        while (first < entries.Count && entries[first].Key.Resource != resource)
        {
            first++;
        }

        var end = first;
        while (end < entries.Count && entries[end].Key.Resource == resource)
        {
            end++;
        }

        if (end == first)
        {
            return [];
        }

        var found = new Session[end - first];
        for (var index = 0; index < found.Length; index++)
        {
            var entry = entries[first + index];
            found[index] = new Session(entry.Key, entry.Record);
        }

        return found;
    }
}
