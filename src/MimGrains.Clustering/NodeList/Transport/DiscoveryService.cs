using System.Net;
using System.Threading.RateLimiting;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace MimGrains.Clustering.NodeList;

/// <summary>The callee's side: lets in who holds the secret, and passes authentic requests on to the handler, each one once.</summary>
internal sealed partial class DiscoveryService(
    DiscoveryIdentity identity, DiscoveryHandler handler, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>Handshakes that an address may begin at once; after that <see cref="HandshakesPerSecond"/>.</summary>
    public const int HandshakesBurst = 64;

    /// <summary>Handshakes that an address may begin in a second.</summary>
    public const int HandshakesPerSecond = 16;

    /// <summary>Most requests that are answered at once, for all callers together.</summary>
    public const int CallsMax = 64;

    /// <summary>Stands for the address of a caller that has none.</summary>
    public const string NoAddress = "an unknown address";

    private const int DetailMaxLength = 200;

    private readonly ILogger _logger = logger;
    private readonly SessionTable _sessions = new(time);
    private readonly OncePerMinute _refusals = new(time);
    private readonly ConcurrencyLimiter _calls = new(new ConcurrencyLimiterOptions { PermitLimit = CallsMax, QueueLimit = CallsMax });
    private readonly PartitionedRateLimiter<string> _handshakes = PartitionedRateLimiter.Create<string, string>(
        address => RateLimitPartition.GetTokenBucketLimiter(address, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = HandshakesBurst,
            TokensPerPeriod = HandshakesPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        }));

    public void Dispose()
    {
        _calls.Dispose();
        _handshakes.Dispose();
    }

    /// <summary>Answers a <see cref="Hello"/> with a challenge.</summary>
    public Task<byte[]> HelloAsync(byte[] request, ServerCallContext context)
    {
        var address = AddressOf(context);
        using var permit = _handshakes.AttemptAcquire(address);
        if (!permit.IsAcquired)
        {
            throw Refuse(address, Refusal.Busy, "too many handshakes in a short time");
        }

        var hello = Read(address, request, bytes => Hello.Read(bytes));
        if (hello.Version != Hello.CurrentVersion)
        {
            throw Refuse(address, Refusal.Version, $"version {hello.Version} of the protocol; here: {Hello.CurrentVersion}");
        }

        if (!string.Equals(hello.Cluster, identity.Cluster, StringComparison.Ordinal))
        {
            throw Refuse(address, Refusal.OtherCluster,
                $"{hello.Caller} is of cluster {hello.Cluster}, this node of cluster {identity.Cluster}");
        }

        if (!string.Equals(hello.Callee, identity.Node, StringComparison.Ordinal))
        {
            throw Refuse(address, Refusal.OtherNode, $"{hello.Caller} looks for {hello.Callee}; this node is {identity.Node}");
        }

        var nonce = Handshake.NewNonce();
        if (_sessions.Begin(hello.Caller, address, new Handshake(identity.Secret, hello, nonce)) is not { } id)
        {
            throw Refuse(address, Refusal.Busy, "too many unfinished handshakes");
        }

        return Task.FromResult<byte[]>([.. id, .. nonce]);
    }

    /// <summary>Answers the caller's proof with the own one and a session.</summary>
    public Task<byte[]> ProveAsync(byte[] request, ServerCallContext context)
    {
        var address = AddressOf(context);
        var (id, proof) = Read(address, request, bytes =>
        {
            var reader = new WireReader(bytes);
            var read = (reader.ReadFixed(DiscoveryProtocol.IdBytes).ToArray(), reader.ReadFixed(Handshake.ProofBytes).ToArray());
            reader.End();
            return read;
        });
        if (!_sessions.TryTake(id, out var caller, out var handshake))
        {
            throw Refuse(address, Refusal.UnknownSession, "a proof for no handshake, or too late, or for the second time");
        }

        if (!Handshake.Matches(handshake.CallerProof, proof))
        {
            throw Refuse(address, Refusal.WrongSecret, $"{caller} has another secret than this node ({identity.Node})");
        }

        var session = _sessions.Add(new Session(caller, handshake.Keys()));
        LogLetIn(_logger, caller, address);
        return Task.FromResult<byte[]>([.. session, .. handshake.CalleeProof()]);
    }

    /// <summary>Answers an authentic request.</summary>
    public async Task<byte[]> CallAsync(byte[] request, ServerCallContext context)
    {
        var address = AddressOf(context);
        var (id, number, tag, body) = Read(address, request, bytes =>
        {
            var reader = new WireReader(bytes);
            return (
                reader.ReadFixed(DiscoveryProtocol.IdBytes).ToArray(),
                reader.ReadUInt64(),
                reader.ReadFixed(MessageKeys.TagBytes).ToArray(),
                reader.ReadRest().ToArray());
        });

        // Not logged: after a restart of this node its callers come with the sessions that they had.
        var session = _sessions.Find(id) ?? throw Refused(Refusal.UnknownSession, "no such session");
        if (!Handshake.Matches(session.Keys.TagRequest(number, body), tag))
        {
            throw Refuse(address, Refusal.BadMessage, $"a message of {session.Caller} was changed on its way");
        }

        if (!session.Pass(number))
        {
            throw Refuse(address, Refusal.BadMessage, $"a message of {session.Caller} came a second time");
        }

        using var permit = await _calls.AcquireAsync(1, context.CancellationToken);
        if (!permit.IsAcquired)
        {
            throw Refuse(address, Refusal.Busy, "too many requests at once");
        }

        var answer = await AnswerAsync(session.Caller, body, context.CancellationToken);
        return [.. session.Keys.TagReply(number, answer), .. answer];
    }

    /// <summary>Logs that somebody was refused, once a minute for each address.</summary>
    public void LogRefusal(string address, string reason)
    {
        if (_refusals.Pass(ref address, out var unlogged))
        {
            LogRefused(_logger, address, reason, unlogged);
        }
    }

    private async Task<byte[]> AnswerAsync(string caller, byte[] body, CancellationToken cancellationToken)
    {
        try
        {
            return await handler(body, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogFailed(_logger, exception, caller);
            throw Refused(Refusal.Failed, exception.Message);
        }
    }

    private T Read<T>(string address, byte[] message, Reading<T> read)
    {
        try
        {
            return read(message);
        }
        catch (MalformedMessageException exception)
        {
            throw Refuse(address, Refusal.BadMessage, exception.Message);
        }
    }

    private RpcException Refuse(string address, Refusal refusal, string detail)
    {
        LogRefusal(address, detail);
        return Refused(refusal, detail);
    }

    private static RpcException Refused(Refusal refusal, string detail) => new(
        new Status(
            refusal == Refusal.Failed ? StatusCode.Internal : StatusCode.PermissionDenied,
            detail.Length > DetailMaxLength ? detail[..DetailMaxLength] : detail),
        new Metadata { { DiscoveryProtocol.RefusalTrailer, refusal.ToString() } });

    private static string AddressOf(ServerCallContext context) =>
        context.GetHttpContext().Connection.RemoteIpAddress?.ToString() ?? NoAddress;

    private delegate T Reading<T>(ReadOnlySpan<byte> bytes);

    [LoggerMessage(ClusteringEventId.CallerRefused, LogLevel.Warning,
        "Refused a caller of the discovery port at {Address}: {Reason} ({Unlogged} more since the last such line)")]
    private static partial void LogRefused(ILogger logger, string address, string reason, int unlogged);

    [LoggerMessage(ClusteringEventId.CallerLetIn, LogLevel.Debug, "Node {Caller} at {Address} has proved to hold the secret")]
    private static partial void LogLetIn(ILogger logger, string caller, string address);

    [LoggerMessage(ClusteringEventId.RequestFailed, LogLevel.Warning, "A request of {Caller} could not be answered")]
    private static partial void LogFailed(ILogger logger, Exception exception, string caller);
}

/// <summary>Tells gRPC the methods of <see cref="DiscoveryService"/>.</summary>
internal sealed class DiscoveryMethods : IServiceMethodProvider<DiscoveryService>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<DiscoveryService> context)
    {
        context.AddUnaryMethod(DiscoveryProtocol.Hello, [], (service, request, call) => service.HelloAsync(request, call));
        context.AddUnaryMethod(DiscoveryProtocol.Prove, [], (service, request, call) => service.ProveAsync(request, call));
        context.AddUnaryMethod(DiscoveryProtocol.Call, [], (service, request, call) => service.CallAsync(request, call));
    }
}
