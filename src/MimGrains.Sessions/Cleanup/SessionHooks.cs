using Microsoft.Extensions.Logging;
using MimGrains.Backends;

namespace MimGrains.Sessions;

/// <summary>Runs the code of users when a session has ended.</summary>
internal sealed partial class SessionHooks(
    IEnumerable<ISessionCleanup> cleanups, IEnumerable<ISessionRows> rows, ILogger<SessionHooks> logger)
{
    private readonly ISessionRows[] _rows = [.. rows];
    private readonly ISessionCleanup[] _cleanups = [.. cleanups];
    private readonly ILogger _logger = logger;

    public bool AreAny => _cleanups.Length > 0;

    /// <summary>Removes what other backends keep of a session of this silo.</summary>
    public async Task RemoveRowsAsync(SessionKey key)
    {
        foreach (var owner in _rows)
        {
            try
            {
                await owner.RemoveAsync(key).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                LogRowsNotRemoved(_logger, error, key, owner.GetType().Name);
            }
        }
    }

    /// <summary>Runs all of them, one after another; what one throws is logged.</summary>
    public async Task RunAsync(Session session, SessionEnd end, CancellationToken cancellationToken)
    {
        foreach (var cleanup in _cleanups)
        {
            try
            {
                await cleanup.CleanUpAsync(session, end, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(_logger, error, session.Key, end.Reason, cleanup.GetType().FullName ?? cleanup.GetType().Name);
            }
        }
    }

    [LoggerMessage(SessionEventId.RowsNotRemoved, LogLevel.Warning,
        "Session {Key}, which ended: what {Backend} keeps of it is not removed on every silo yet")]
    private static partial void LogRowsNotRemoved(ILogger logger, Exception error, SessionKey key, string backend);

    [LoggerMessage(SessionEventId.HookFailed, LogLevel.Error, "Session {Key}, which ended ({Reason}): its clean-up {Cleanup} failed")]
    private static partial void LogFailed(
        ILogger logger, Exception error, SessionKey key, SessionEndReason reason, string cleanup);
}
