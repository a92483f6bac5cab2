using Microsoft.Extensions.DependencyInjection;
using MimGrains.Sessions;

namespace MimGrains.Benchmarks.Silo;

/// <summary>How many sessions to open, all with one connection of this silo.</summary>
internal sealed record ConnectParameters(string Server, int Sessions);

/// <summary>Opens sessions whose connection is an object of this silo that only takes messages.</summary>
internal sealed class ConnectOperation() : SiloOperation<ConnectParameters, long>(OperationName)
{
    public const string OperationName = "connect";

    // Orleans holds observers weakly.
    private readonly Sink _sink = new();

    protected override async Task<long> RunAsync(
        SiloContext silo, ConnectParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var connection = silo.Services.GetRequiredService<IGrainFactory>().CreateObjectReference<ISessionConnection>(_sink);
        var requests = Enumerable.Range(0, with.Sessions).Select(i => new SessionRequest(
            with.Server, SessionData.UserOf(i, with.Server).User, SessionData.Key(i, with.Server, "").Resource,
            SessionData.Record(i).WithConnection(connection)));
        var opened = await silo.Services.GetRequiredService<ISessionManager>().OpenManyAsync([.. requests], cancellationToken);
        return opened.Count;
    }

    private sealed class Sink : ISessionConnection
    {
        public Task ReceiveAsync(SessionKey session, object message) => Task.CompletedTask;

        public Task EndedAsync(SessionKey session, SessionEnd end) => Task.CompletedTask;

        public Task InfoChangedAsync(SessionKey session, string name, string? value) => Task.CompletedTask;
    }
}

/// <summary>How to route; the sessions are those of <see cref="ConnectParameters"/>.</summary>
internal sealed record RouteParameters(string Server, int Sessions, int Workers, double WarmupSeconds, double Seconds);

/// <summary>Workers in this silo route messages of 100 bytes to full JIDs.</summary>
internal sealed class RouteOperation() : SiloOperation<RouteParameters, LoadResult>(OperationName)
{
    public const string OperationName = "route";

    private static readonly byte[] s_message = new byte[100];

    protected override async Task<LoadResult> RunAsync(
        SiloContext silo, RouteParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var sessions = silo.Services.GetRequiredService<ISessionManager>();
        using var loop = new ClosedLoop<Jid>(
            with.Workers,
            TimeSpan.FromSeconds(with.WarmupSeconds),
            TimeSpan.FromSeconds(with.Seconds),
            (worker, sequence) => JidOf(((sequence * with.Workers) + worker) % with.Sessions, with.Server),
            jid => RouteAsync(sessions, jid));
        return await loop.RunAsync(cancellationToken);
    }

    private static async Task RouteAsync(ISessionManager sessions, Jid jid)
    {
        var result = await sessions.RouteAsync(jid, s_message);
        if (result.Outcome != RouteOutcome.Delivered)
        {
            throw new InvalidOperationException($"{jid} has a session, but the message came to {result.Outcome}.");
        }
    }

    private static Jid JidOf(long i, string server)
    {
        var key = SessionData.Key(i, server, "");
        return new Jid(key.User, key.Server, key.Resource);
    }
}
