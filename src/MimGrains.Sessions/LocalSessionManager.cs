using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Tables;
using Orleans.Runtime;

namespace MimGrains.Sessions;

// Open:  check -> id -> insert into the table (returns when every live silo has it); a failed insert is deleted again.
// Read:  what this silo holds of the table, in the caller's thread.

/// <summary>The session manager of a silo: reads its own replica or copy and opens sessions as their owner.</summary>
/// <remarks>
/// All reads complete synchronously and allocate nothing beyond their result. Registered by
/// <see cref="SessionServiceCollectionExtensions.AddSessions"/>, or over a persistent table by
/// <see cref="SessionServiceCollectionExtensions.AddPersistentSessions"/>.
/// </remarks>
public sealed partial class LocalSessionManager : ISessionManager
{
    private readonly ISessionStore _store;
    private readonly SessionIdSource _ids;
    private readonly ILogger _logger;

    /// <summary>Creates the session manager of this silo.</summary>
    /// <param name="table">The table <see cref="SessionTable.Definition"/> of this silo.</param>
    /// <param name="silo">This silo; it owns the sessions that are opened here.</param>
    /// <param name="time">The clock of the session ids.</param>
    /// <param name="logger">Gets a line per session at Debug.</param>
    public LocalSessionManager(
        [FromKeyedServices(SessionTable.Name)] IReplicatedTable<SessionKey, SessionRecord> table,
        ILocalSiloDetails silo,
        TimeProvider time,
        ILogger<LocalSessionManager> logger)
        : this(new ReplicatedSessionStore(table), silo, time, logger)
    {
    }

    internal LocalSessionManager(ISessionStore store, ILocalSiloDetails silo, TimeProvider time, ILogger<LocalSessionManager> logger)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(logger);
        _store = store;
        _ids = new SessionIdSource(silo.SiloAddress.ToParsableString(), time);
        _logger = logger;
    }

    /// <inheritdoc/>
    public async ValueTask<SessionKey> OpenAsync(
        string server, string user, string resource, SessionRecord record, CancellationToken cancellationToken = default)
    {
        SessionArguments.CheckOpen(server, user, resource, record);
        var key = new SessionKey(server, user, resource, _ids.Next());
        try
        {
            await _store.InsertAsync(key, record, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (MayBeApplied(error))
        {
            Withdraw([key]);
            throw;
        }

        LogOpened(_logger, key);
        return key;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SessionKey>> OpenManyAsync(
        IReadOnlyList<SessionRequest> requests, CancellationToken cancellationToken = default)
    {
        SessionArguments.CheckOpenMany(requests);
        if (requests.Count == 0)
        {
            return [];
        }

        var first = _ids.ReserveMicros(requests.Count);
        var keys = new SessionKey[requests.Count];
        var entries = new TableEntry<SessionKey, SessionRecord>[requests.Count];
        for (var index = 0; index < keys.Length; index++)
        {
            var request = requests[index];
            keys[index] = new(request.Server, request.User, request.Resource, new SessionId(first + index, _ids.Silo));
            entries[index] = new(keys[index], request.Record);
        }

        try
        {
            await _store.InsertManyAsync(entries, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (MayBeApplied(error))
        {
            Withdraw(keys);
            throw;
        }

        LogOpenedMany(_logger, keys.Length);
        return keys;
    }

    /// <inheritdoc/>
    public async ValueTask CloseAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        await _store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        LogClosed(_logger, key);
    }

    /// <inheritdoc/>
    public ValueTask<Session?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        new(_store.TryGet(key, out var record) ? new Session(key, record) : null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Session>> GetUserSessionsAsync(
        string server, string user, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(server);
        ArgumentException.ThrowIfNullOrEmpty(user);
        return new(SessionList.Of(_store.OfUser(new UserPrefix(server, user))));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Session>> GetFullJidSessionsAsync(
        string server, string user, string resource, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(server);
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentException.ThrowIfNullOrEmpty(resource);
        // A user has few sessions, and the index finds them by hash: cheaper than a descent of the ordered index.
        return new(WithResource(_store.OfUser(new UserPrefix(server, user)), resource));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Session>> GetServerSessionsAsync(
        string server, SessionKey? after = null, int limit = 1_000, CancellationToken cancellationToken = default)
    {
        SessionArguments.CheckPage(server, after, limit);
        return new(SessionList.Of(_store.PageOf(new ServerPrefix(server), after, limit)));
    }

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

    // A table that is not available has applied nothing; after every other failure the write may have reached some silos.
    private static bool MayBeApplied(Exception error) => error is not TableUnavailableException;

    // The caller never gets the keys, so nobody else could close them. Deletes follow their inserts in this silo's order on every
    // other silo; the caller does not wait for them.
    private void Withdraw(IReadOnlyCollection<SessionKey> keys) => _ = WithdrawAsync(keys);

    private async Task WithdrawAsync(IReadOnlyCollection<SessionKey> keys)
    {
        try
        {
            await _store.DeleteManyAsync(keys, CancellationToken.None).ConfigureAwait(false);
            LogWithdrawn(_logger, keys.Count);
        }
        catch (Exception error)
        {
            LogWithdrawFailed(_logger, error, keys.Count);
        }
    }
}
