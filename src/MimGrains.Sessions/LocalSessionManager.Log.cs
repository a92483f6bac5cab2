using Microsoft.Extensions.Logging;

namespace MimGrains.Sessions;

internal sealed partial class LocalSessionManager
{
    [LoggerMessage(SessionEventId.Opened, LogLevel.Debug, "Session {Key} opened")]
    private static partial void LogOpened(ILogger logger, SessionKey key);

    [LoggerMessage(SessionEventId.OpenedMany, LogLevel.Debug, "{Count} sessions opened")]
    private static partial void LogOpenedMany(ILogger logger, int count);

    [LoggerMessage(SessionEventId.Withdrawn, LogLevel.Information, "{Count} sessions closed again, because opening them was not acknowledged")]
    private static partial void LogWithdrawn(ILogger logger, int count);

    [LoggerMessage(SessionEventId.WithdrawFailed, LogLevel.Warning,
        "{Count} sessions were not acknowledged when they were opened, and neither when they were closed again. They are closed "
        + "on this silo, and on the others when those answer again")]
    private static partial void LogWithdrawFailed(ILogger logger, Exception error, int count);

    [LoggerMessage(SessionEventId.RouteNotAnswered, LogLevel.Information,
        "Session {Key}: its connection {Target} did not answer a message within {TimeoutMs} ms; the message may still arrive")]
    private static partial void LogNoAnswer(ILogger logger, SessionKey key, string target, double timeoutMs);

    [LoggerMessage(SessionEventId.RouteFailedLate, LogLevel.Debug,
        "Session {Key}: a message that nobody waits for any more did not reach its connection {Target}, or failed there")]
    private static partial void LogAnsweredLate(ILogger logger, Exception error, SessionKey key, string target);
}
