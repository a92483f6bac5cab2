using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;

namespace MimGrains.Sessions;

/// <summary>Passes what other silos ask for to the <see cref="SessionDesk"/> of this one.</summary>
internal sealed class SessionService(GrainId id, Silo silo, ILoggerFactory loggers, SessionDesk desk)
    : GrainService(id, silo, loggers), ISessionService
{
    public Task<bool> ChangeAsync(SessionKey key, SessionChange change) => desk.ChangeAsync(key, change);

    public Task<bool> EndAsync(SessionKey key, SessionEnd end, bool tells) => desk.EndAsync(key, end, tells);
}

/// <summary>Reaches the session service of another silo.</summary>
internal sealed class SessionServiceClient(IServiceProvider services) : GrainServiceClient<ISessionService>(services)
{
    public ISessionService Of(string silo) => GetGrainService(SiloAddress.FromParsableString(silo));
}
