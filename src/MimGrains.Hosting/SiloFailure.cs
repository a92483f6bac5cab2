using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MimGrains.Hosting;

/// <summary>
/// Stops the host when the silo in it must not go on, instead of ending the process on the spot as Orleans would: the log says
/// why, other services of the host stop in good order, and whoever started the process starts it again.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed partial class SiloFailure : IFatalErrorHandler
{
    private readonly IHostApplicationLifetime _lifetime;
    private readonly Lazy<IClusterMembershipService> _membership;
    private readonly ILocalSiloDetails _self;
    private readonly ILogger _logger;
    private int _isSet;

    /// <summary>Makes one; the container does.</summary>
    public SiloFailure(
        IHostApplicationLifetime lifetime, IServiceProvider services, ILocalSiloDetails self, ILogger<SiloFailure> logger)
    {
        _lifetime = lifetime;
        _self = self;
        _logger = logger;

        // Membership itself needs this object.
        _membership = new(() => (IClusterMembershipService)services.GetService(typeof(IClusterMembershipService))!);
    }

    /// <summary>Gets why the silo must not go on; null while it may.</summary>
    public string? Reason { get; private set; }

    /// <summary>Gets whether the other silos have declared this one dead: it was frozen or cut off for too long.</summary>
    public bool IsDeclaredDead { get; private set; }

    /// <inheritdoc/>
    public bool IsUnexpected(Exception exception) => true;

    /// <inheritdoc/>
    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        if (Interlocked.Exchange(ref _isSet, 1) != 0)
        {
            return;
        }

        IsDeclaredDead = exception is null
            && _membership.Value.CurrentSnapshot.GetSiloStatus(_self.SiloAddress) == SiloStatus.Dead;
        Reason = IsDeclaredDead
            ? $"the other silos have declared this silo {_self.SiloAddress.ToParsableString()} dead: it was frozen or cut off for " +
                "too long. Its records are gone; start it again"
            : $"this silo {_self.SiloAddress.ToParsableString()} cannot go on: {context ?? exception?.Message}";
        if (IsDeclaredDead)
        {
            LogDeclaredDead(_logger, Reason);
        }
        else
        {
            LogFailed(_logger, exception, Reason);
        }

        _lifetime.StopApplication();
    }

    [LoggerMessage(HostingEventId.DeclaredDead, LogLevel.Critical, "Stopping: {Reason}")]
    private static partial void LogDeclaredDead(ILogger logger, string reason);

    [LoggerMessage(HostingEventId.SiloFailed, LogLevel.Critical, "Stopping: {Reason}")]
    private static partial void LogFailed(ILogger logger, Exception? exception, string reason);
}
