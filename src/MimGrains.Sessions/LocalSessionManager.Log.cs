using Microsoft.Extensions.Logging;

namespace MimGrains.Sessions;

public sealed partial class LocalSessionManager
{
    [LoggerMessage(1300, LogLevel.Debug, "Session {Key} opened")]
    private static partial void LogOpened(ILogger logger, SessionKey key);

    [LoggerMessage(1301, LogLevel.Debug, "{Count} sessions opened")]
    private static partial void LogOpenedMany(ILogger logger, int count);

    [LoggerMessage(1302, LogLevel.Debug, "Session {Key} closed")]
    private static partial void LogClosed(ILogger logger, SessionKey key);

    [LoggerMessage(1303, LogLevel.Information, "{Count} sessions closed again, because opening them was not acknowledged")]
    private static partial void LogWithdrawn(ILogger logger, int count);

    [LoggerMessage(1304, LogLevel.Warning,
        "{Count} sessions were not acknowledged when they were opened, and neither when they were closed again. They are closed "
        + "on this silo, and on the others when those answer again")]
    private static partial void LogWithdrawFailed(ILogger logger, Exception error, int count);
}
