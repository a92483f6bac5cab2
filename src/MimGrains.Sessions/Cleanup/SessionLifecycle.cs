using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MimGrains.Sessions;

/// <summary>
/// Stops the sessions of a silo that stops: no more are opened; connections are told; their sessions are closed. Tables are still
/// open meanwhile. What is left after a timeout goes when the silo has left, and is cleaned up by the others.
/// </summary>
internal sealed partial class SessionLifecycle(
    ISessionStore store,
    SessionDesk desk,
    SessionCleaner cleaner,
    IOptions<SessionOptions> options,
    ILogger<SessionLifecycle> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    // Behind the tables, also persistent ones, which begin to load at Active + 200: this stops before them, so that hooks of the end
    // of a session may use them.
    private const int Stage = ServiceLifecycleStage.Active + 250;

    // Each costs a message and an acknowledged delete.
    private const int EndsSideBySide = 256;

    private readonly ILogger _logger = logger;

    /// <summary>Returns whether the silo takes no more sessions.</summary>
    public bool IsStopping { get; private set; }

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(SessionLifecycle), Stage, _ => Task.CompletedTask, StopAsync);

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        IsStopping = true;
        cleaner.Stop();
        var own = store.All().Where(entry => entry.Key.Id.Silo == desk.Silo).Select(entry => entry.Key).ToList();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Value.StopTimeout);
        var ended = 0;
        try
        {
            await Parallel.ForEachAsync(
                own,
                new ParallelOptions { MaxDegreeOfParallelism = EndsSideBySide, CancellationToken = limit.Token },
                async (key, _) =>
                {
                    if (await desk.EndAsync(key, new SessionEnd(SessionEndReason.SiloStopping), tells: true))
                    {
                        Interlocked.Increment(ref ended);
                    }
                });
            LogStopped(_logger, ended);
        }
        catch (Exception error)
        {
            LogNotStopped(_logger, error.Message, ended, own.Count);
        }
    }

    [LoggerMessage(SessionEventId.Stopped, LogLevel.Information, "{Count} sessions closed: the silo is stopping")]
    private static partial void LogStopped(ILogger logger, int count);

    [LoggerMessage(SessionEventId.NotStopped, LogLevel.Warning,
        "The silo stops with sessions that are still open ({Ended} of {Count} closed): {Reason}")]
    private static partial void LogNotStopped(ILogger logger, string reason, int ended, int count);
}
