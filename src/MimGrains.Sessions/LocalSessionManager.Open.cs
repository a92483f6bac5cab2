using MimGrains.Tables;

namespace MimGrains.Sessions;

internal sealed partial class LocalSessionManager
{
    /// <inheritdoc/>
    public async ValueTask<SessionKey> OpenAsync(
        string server, string user, string resource, SessionRecord record, CancellationToken cancellationToken = default)
    {
        var jid = SessionArguments.CheckOpen(server, user, resource, record);
        ThrowIfStopping();
        var known = _store.OfUser(new UserPrefix(jid.Server, jid.User));
        var key = new SessionKey(jid.Server, jid.User, jid.Resource, _ids.NextAfter(NewestOf(known, jid.Resource)));
        try
        {
            await _store.InsertAsync(key, record, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (MayBeApplied(error))
        {
            Withdraw([key]);
            throw;
        }

        if (await SettleAsync(key).ConfigureAwait(false) is { } winner)
        {
            throw new SessionReplacedException(key, winner);
        }

        LogOpened(_logger, key);
        return key;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SessionKey>> OpenManyAsync(
        IReadOnlyList<SessionRequest> requests, CancellationToken cancellationToken = default)
    {
        var prepared = SessionArguments.CheckOpenMany(requests);
        if (prepared.Length == 0)
        {
            return [];
        }

        ThrowIfStopping();
        var newest = prepared.DistinctBy(FullJid).Max(
            request => NewestOf(_store.OfUser(new UserPrefix(request.Server, request.User)), request.Resource));
        var first = _ids.ReserveMicros(prepared.Length, newest);
        var keys = new SessionKey[prepared.Length];
        var entries = new TableEntry<SessionKey, SessionRecord>[prepared.Length];
        for (var index = 0; index < keys.Length; index++)
        {
            var request = prepared[index];
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

        // A session that lost to a concurrent one is told so by its connection, as one that was replaced a moment later.
        foreach (var key in keys.DistinctBy(key => (key.Server, key.User)))
        {
            await SettleAsync(key).ConfigureAwait(false);
        }

        LogOpenedMany(_logger, keys.Length);
        return keys;

        static (string, string, string) FullJid(SessionRequest request) => (request.Server, request.User, request.Resource);
    }

    /// <summary>Ends the sessions of the user that have to go.</summary>
    /// <returns>The session that has taken the place of <paramref name="opened"/>; null when it stays.</returns>
    private async ValueTask<SessionKey?> SettleAsync(SessionKey opened)
    {
        var sessions = _store.OfUser(new UserPrefix(opened.Server, opened.User));
        if (sessions.Count <= 1)
        {
            return null;
        }

        SessionKey? winner = null;
        List<Task>? ends = null;
        foreach (var (key, end) in SessionRules.Losers(sessions, _options.UserSessionsMax))
        {
            if (key == opened)
            {
                winner = end.By;
            }

            (ends ??= []).Add(_owners.EndAsync(key, end, tells: key != opened));
        }

        if (ends is not null)
        {
            await Task.WhenAll(ends).ConfigureAwait(false);
        }

        return winner;
    }

    private static long NewestOf(IReadOnlyList<TableEntry<SessionKey, SessionRecord>> sessions, string resource)
    {
        var newest = 0L;
        for (var at = 0; at < sessions.Count; at++)
        {
            if (sessions[at].Key.Resource == resource)
            {
                newest = sessions[at].Key.Id.TimestampMicros;
            }
        }

        return newest;
    }

    private void ThrowIfStopping()
    {
        if (_lifecycle.IsStopping)
        {
            throw new TableUnavailableException(SessionTable.Name, "the silo is stopping, and opens no more sessions");
        }
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
