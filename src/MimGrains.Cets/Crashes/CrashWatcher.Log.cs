using Microsoft.Extensions.Logging;
using MimGrains.Core.Crashes;

namespace MimGrains.Cets.Crashes;

internal sealed partial class CrashWatcher
{
    [LoggerMessage(CetsEventId.CrashDetectionOff, LogLevel.Information,
        "Crash detection is off: a silo that crashes is noticed by the probes of the membership, after seconds")]
    private static partial void LogOff(ILogger logger);

    [LoggerMessage(CetsEventId.LineHeld, LogLevel.Debug, "Silo {Silo} is watched: a line to it is open")]
    private static partial void LogHeld(ILogger logger, string silo);

    [LoggerMessage(CetsEventId.SiloUnwatched, LogLevel.Information,
        "Silo {Silo} does not answer on a line yet ({Reason}); until it does, the probes of the membership watch it alone")]
    private static partial void LogUnwatched(ILogger logger, string silo, string reason);

    [LoggerMessage(CetsEventId.CrashSuspected, LogLevel.Information,
        "Silo {Silo}: the line to it was closed, and {Detail}; asking the other silos")]
    private static partial void LogSuspected(ILogger logger, string silo, string detail);

    [LoggerMessage(CetsEventId.CrashContradicted, LogLevel.Warning,
        "Silo {Silo} is alive for another silo, but {Endpoint} refuses connections from here: something between the two is wrong")]
    private static partial void LogContradicted(ILogger logger, string silo, string endpoint);

    [LoggerMessage(CetsEventId.CrashUnwitnessed, LogLevel.Warning,
        "Silo {Silo} refuses connections, and no other silo can be asked; looking again in {PauseMs} ms, and then deciding alone")]
    private static partial void LogAlone(ILogger logger, string silo, double pauseMs);

    [LoggerMessage(CetsEventId.CrashProved, LogLevel.Warning, "Silo {Silo} has crashed: {Detail} ({Proof}); declaring it dead")]
    private static partial void LogProved(ILogger logger, string silo, string detail, WatchEvent proof);

    [LoggerMessage(CetsEventId.CrashNotDeclared, LogLevel.Warning,
        "Silo {Silo} has crashed and cannot be declared dead yet, so that writes go on waiting for it; will try again: {Reason}")]
    private static partial void LogNotDeclared(ILogger logger, string silo, string reason);

    [LoggerMessage(CetsEventId.CrashDeclared, LogLevel.Information,
        "Silo {Silo} is declared dead, {ElapsedMs} ms after the line to it was closed")]
    private static partial void LogGone(ILogger logger, string silo, long elapsedMs);

    [LoggerMessage(CetsEventId.WitnessAnswered, LogLevel.Debug, "Silo {Witness} says of {Suspect}: {Answer}")]
    private static partial void LogWitness(ILogger logger, string witness, string suspect, WitnessAnswer answer);

    [LoggerMessage(CetsEventId.WitnessSilent, LogLevel.Information, "Silo {Witness} cannot say whether {Suspect} is there: {Reason}")]
    private static partial void LogWitnessSilent(ILogger logger, string witness, string suspect, string reason);

    [LoggerMessage(CetsEventId.HeldForDead, LogLevel.Warning, "Silo {Silo} holds this silo for dead; reading the membership")]
    private static partial void LogHeldForDead(ILogger logger, string silo);

    [LoggerMessage(CetsEventId.OwnDeathUnread, LogLevel.Warning, "The membership cannot be read, will try again: {Reason}")]
    private static partial void LogTableAway(ILogger logger, string reason);

    [LoggerMessage(CetsEventId.WatchFailed, LogLevel.Error, "The watch of silo {Silo} failed; the probes of the membership go on")]
    private static partial void LogFailed(ILogger logger, Exception exception, string silo);
}
