using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MimGrains.Sessions;

// Change:  lock of the session -> read -> write -> acknowledged by all -> unlock -> tell the connection (nobody waits).
// End:     tell the connection, wait for it or the timeout -> lock of the session -> delete -> acknowledged -> unlock -> hooks.

/// <summary>Changes and ends the sessions of this silo.</summary>
internal sealed partial class SessionDesk
{
    // Sessions share so many locks: few wait for another one's write.
    private const int Locks = 1_024;

    private readonly SemaphoreSlim[] _locks = new SemaphoreSlim[Locks];

    // Sessions that are ending: who else asks waits for the same end.
    private readonly ConcurrentDictionary<SessionKey, Ending> _ending = new();
    private readonly ISessionStore _store;
    private readonly SessionConnections _connections;
    private readonly SessionHooks _hooks;
    private readonly SessionOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public SessionDesk(
        ISessionStore store,
        ILocalSiloDetails silo,
        SessionConnections connections,
        SessionHooks hooks,
        IOptions<SessionOptions> options,
        TimeProvider time,
        ILogger<SessionDesk> logger)
    {
        (_store, _connections, _hooks, _options, _time, _logger) = (store, connections, hooks, options.Value, time, logger);
        Silo = silo.SiloAddress.ToParsableString();
        for (var at = 0; at < Locks; at++)
        {
            _locks[at] = new SemaphoreSlim(1);
        }
    }

    /// <summary>Returns this silo, as it is in the ids of its sessions.</summary>
    public string Silo { get; }

    public async Task<bool> ChangeAsync(SessionKey key, SessionChange change)
    {
        SessionRecord? record;
        var gate = LockOf(key);
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_store.TryGet(key, out record))
            {
                return false;
            }

            var changed = change.Apply(record);
            if (ReferenceEquals(changed, record))
            {
                return true;
            }

            await _store.InsertAsync(key, changed, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }

        if (change.Tells && record.Target is { } target)
        {
            _ = TellInfoAsync(key, target, change);
        }

        return true;
    }

    public Task<bool> EndAsync(SessionKey key, SessionEnd end, bool tells)
    {
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = _ending.GetOrAdd(key, new Ending(end, ended.Task));
        if (!ReferenceEquals(first.Done, ended.Task))
        {
            // A connection that was told closes its session: that must not wait for the teller, who waits for the connection.
            return tells ? first.Done : DeleteAsync(key, first.End);
        }

        return CompleteAsync();

        async Task<bool> CompleteAsync()
        {
            var wasOpen = false;
            try
            {
                if (tells && _store.TryGet(key, out var record) && record.Target is { } target)
                {
                    await TellEndAsync(key, target, end).ConfigureAwait(false);
                }

                wasOpen = await DeleteAsync(key, end).ConfigureAwait(false);
                return wasOpen;
            }
            finally
            {
                _ending.TryRemove(key, out _);
                ended.TrySetResult(wasOpen);
            }
        }
    }

    private async Task<bool> DeleteAsync(SessionKey key, SessionEnd end)
    {
        SessionRecord? record;
        var gate = LockOf(key);
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_store.TryGet(key, out record))
            {
                return false;
            }

            await _store.DeleteAsync(key, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }

        LogEnded(_logger, key, end.Reason);
        await _hooks.RemoveRowsAsync(key).ConfigureAwait(false);
        await _hooks.RunAsync(new Session(key, record), end, CancellationToken.None).ConfigureAwait(false);
        return true;
    }

    private async Task TellEndAsync(SessionKey key, string target, SessionEnd end)
    {
        try
        {
            await _connections.Of(target).EndedAsync(key, end)
                .WaitAsync(_options.ReplacedWaitTimeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogSilent(_logger, key, target, _options.ReplacedWaitTimeout.TotalMilliseconds, end.Reason);
        }
        catch (Exception error)
        {
            LogNotTold(_logger, error, key, target, end.Reason);
        }
    }

    private async Task TellInfoAsync(SessionKey key, string target, SessionChange change)
    {
        try
        {
            var connection = _connections.Of(target);
            foreach (var (name, value) in change.Stored ?? [])
            {
                await connection.InfoChangedAsync(key, name, value).ConfigureAwait(false);
            }

            if (change.Removed is { } removed)
            {
                await connection.InfoChangedAsync(key, removed, null).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            LogInfoNotTold(_logger, error, key, target);
        }
    }

    private SemaphoreSlim LockOf(SessionKey key) => _locks[(uint)key.GetHashCode() % Locks];

    [LoggerMessage(SessionEventId.Ended, LogLevel.Debug, "Session {Key} ended: {Reason}")]
    private static partial void LogEnded(ILogger logger, SessionKey key, SessionEndReason reason);

    [LoggerMessage(SessionEventId.ConnectionSilent, LogLevel.Warning,
        "Session {Key}: its connection {Target} did not answer within {TimeoutMs} ms (replaced_wait_timeout) that it ends, {Reason}; "
        + "it is closed all the same")]
    private static partial void LogSilent(
        ILogger logger, SessionKey key, string target, double timeoutMs, SessionEndReason reason);

    [LoggerMessage(SessionEventId.ConnectionNotTold, LogLevel.Information,
        "Session {Key}: its connection {Target} could not be told that it ends, {Reason}")]
    private static partial void LogNotTold(
        ILogger logger, Exception error, SessionKey key, string target, SessionEndReason reason);

    [LoggerMessage(SessionEventId.InfoNotTold, LogLevel.Information,
        "Session {Key}: its connection {Target} could not be told of information that changed")]
    private static partial void LogInfoNotTold(ILogger logger, Exception error, SessionKey key, string target);

    private readonly record struct Ending(SessionEnd End, Task<bool> Done);
}
