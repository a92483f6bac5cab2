using Microsoft.Extensions.Logging;

namespace MimGrains.Sessions;

/// <summary>Has sessions changed and ended by the silos that they belong to.</summary>
/// <remarks>
/// A session has one writer, its own silo: so that a change and the end of a session, asked for on two silos, cannot cross and
/// bring it back. A silo that is gone has no sessions.
/// </remarks>
internal sealed partial class SessionOwners(SessionDesk desk, Func<string, ISessionService> remote, ILogger<SessionOwners> logger)
{
    private readonly ILogger _logger = logger;

    public Task<bool> ChangeAsync(SessionKey key, SessionChange change) => key.Id.Silo == desk.Silo
        ? desk.ChangeAsync(key, change)
        : AskAsync(key, service => service.ChangeAsync(key, change));

    public Task<bool> EndAsync(SessionKey key, SessionEnd end, bool tells) => key.Id.Silo == desk.Silo
        ? desk.EndAsync(key, end, tells)
        : AskAsync(key, service => service.EndAsync(key, end, tells));

    private async Task<bool> AskAsync(SessionKey key, Func<ISessionService, Task<bool>> call)
    {
        if (string.IsNullOrEmpty(key.Id.Silo))
        {
            throw new ArgumentException("The key of a session names its silo; this one names none.", nameof(key));
        }

        try
        {
            return await call(remote(key.Id.Silo)).ConfigureAwait(false);
        }
        catch (FormatException error)
        {
            throw new ArgumentException(
                $"The key of a session names its silo as address:port@generation, not as '{JidPart.Shown(key.Id.Silo)}'.",
                nameof(key), error);
        }
        catch (SiloUnavailableException error)
        {
            LogSiloGone(_logger, error, key.Id.Silo, key);
            return false;
        }
    }

    [LoggerMessage(SessionEventId.OwnerGone, LogLevel.Debug, "Silo {Silo} is gone, and session {Key} with it")]
    private static partial void LogSiloGone(ILogger logger, Exception error, string silo, SessionKey key);
}
