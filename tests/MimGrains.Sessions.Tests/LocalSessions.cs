using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Runtime;

namespace MimGrains.Sessions.Tests;

/// <summary>The session manager of a silo that is alone, with all its parts, over any store.</summary>
internal sealed class LocalSessions
{
    public LocalSessions(ISessionStore store, TimeProvider time, SessionOptions? sessions = null)
    {
        var options = Options.Create(sessions ?? new SessionOptions());
        var hooks = new SessionHooks([Cleanup], [], NullLogger<SessionHooks>.Instance);
        var desk = new SessionDesk(
            store, new Details(Address), Connections, hooks, options, TimeProvider.System, NullLogger<SessionDesk>.Instance);
        var owners = new SessionOwners(
            desk, silo => throw new SiloUnavailableException($"{silo} is gone."), NullLogger<SessionOwners>.Instance);
        Cleaner = new SessionCleaner(
            new MemoryTable<string, CleanupClaim>(CleanupTable.Definition), new Details(Address), hooks, Deaths, options, time,
            NullLogger<SessionCleaner>.Instance);
        var lifecycle = new SessionLifecycle(store, desk, Cleaner, options, NullLogger<SessionLifecycle>.Instance);
        Manager = new LocalSessionManager(
            store, owners, desk, Connections, lifecycle, Deaths, time, options, NullLogger<LocalSessionManager>.Instance);
    }

    public static SiloAddress Address { get; } = SiloAddress.New(IPAddress.Loopback, 11_111, 7);

    public SessionCleaner Cleaner { get; }

    public LocalSessionManager Manager { get; }

    public SiloDeaths Deaths { get; } = new();

    public FakeConnections Connections { get; } = new();

    public RecordingCleanup Cleanup { get; } = new();

    /// <summary>What Orleans says of a silo.</summary>
    public sealed class Details(SiloAddress address) : ILocalSiloDetails
    {
        public string Name => "test";

        public string ClusterId => "test";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => address;

        public SiloAddress GatewayAddress => address;
    }
}
