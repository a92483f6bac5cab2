using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;

namespace MimGrains.Clustering.NodeList;

// no session -> hello, prove -> session -> calls; the callee has restarted -> UnknownSession -> a new session, the call again
/// <summary>The caller's side: one listed node, called over one HTTP/2 connection, in one session at a time. Thread-safe.</summary>
internal sealed class PeerConnection : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    // A connection that a partition or a dead machine has cut is given up after both, so that the next call makes a new one.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(2);

    private readonly DiscoveryIdentity _identity;
    private readonly HostResolver _hosts;
    private readonly GrpcChannel _channel;
    private readonly CallInvoker _invoker;
    private readonly SemaphoreSlim _handshaking = new(1);
    private CallerSession? _session;

    public PeerConnection(ListedNode node, DiscoveryIdentity identity, DiscoveryTls? tls, HostResolver hosts)
    {
        Node = node;
        _identity = identity;
        _hosts = hosts;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = ConnectTimeout,
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectCallback = ConnectAsync,
        };
        if (tls is not null)
        {
            handler.SslOptions = tls.ForClient();
        }

        var host = node.Host.Contains(':', StringComparison.Ordinal) ? $"[{node.Host}]" : node.Host;
        _channel = GrpcChannel.ForAddress($"{(tls is null ? "http" : "https")}://{host}:{node.DiscoveryPort}", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = DiscoveryProtocol.MessageMaxBytes,
            MaxSendMessageSize = DiscoveryProtocol.MessageMaxBytes,
        });
        _invoker = _channel.CreateCallInvoker();
    }

    /// <summary>Gets who is called, and where.</summary>
    public ListedNode Node { get; }

    public void Dispose()
    {
        _channel.Dispose();
        _handshaking.Dispose();
    }

    /// <summary>Sends a request and returns the answer, which is known to be the node's own.</summary>
    /// <exception cref="RpcException">The node was not reached, refused or failed.</exception>
    /// <exception cref="ForgedAnswerException">Whoever answered does not hold the secret.</exception>
    public async Task<byte[]> CallAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        try
        {
            return await CallInSessionAsync(request, cancellationToken);
        }
        catch (RpcException exception) when (CallFailure.IsLostConnection(exception))
        {
            // It may have restarted since the last call: whether it is there now, only a new connection tells.
            return await CallInSessionAsync(request, cancellationToken);
        }
    }

    private async Task<byte[]> CallInSessionAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        var session = Volatile.Read(ref _session) ?? await BeginAsync(null, cancellationToken);
        try
        {
            return await SendAsync(session, request, cancellationToken);
        }
        catch (RpcException exception) when (CallFailure.RefusalOf(exception) == Refusal.UnknownSession)
        {
            // It has restarted, and did not look at the request.
            session = await BeginAsync(session, cancellationToken);
            return await SendAsync(session, request, cancellationToken);
        }
    }

    // Callers that come meanwhile take the session that the first one has begun.
    private async Task<CallerSession> BeginAsync(CallerSession? refused, CancellationToken cancellationToken)
    {
        await _handshaking.WaitAsync(cancellationToken);
        try
        {
            if (_session is { } begun && begun != refused)
            {
                return begun;
            }

            _session = null;
            return _session = await ShakeHandsAsync(cancellationToken);
        }
        finally
        {
            _handshaking.Release();
        }
    }

    private async Task<CallerSession> ShakeHandsAsync(CancellationToken cancellationToken)
    {
        var hello = new Hello(Hello.CurrentVersion, _identity.Cluster, _identity.Node, Node.Name.Value, Handshake.NewNonce());
        var writer = new WireWriter();
        hello.Write(writer);
        var challenge = await InvokeAsync(DiscoveryProtocol.Hello, writer.ToArray(), cancellationToken);
        if (challenge.Length != DiscoveryProtocol.IdBytes + Handshake.NonceBytes)
        {
            throw new ForgedAnswerException("its challenge is malformed");
        }

        var handshake = new Handshake(_identity.Secret, hello, challenge.AsSpan(DiscoveryProtocol.IdBytes));
        byte[] proof = [.. challenge.AsSpan(0, DiscoveryProtocol.IdBytes), .. handshake.CallerProof];
        var accepted = await InvokeAsync(DiscoveryProtocol.Prove, proof, cancellationToken);
        if (accepted.Length != DiscoveryProtocol.IdBytes + Handshake.ProofBytes
            || !Handshake.Matches(handshake.CalleeProof(), accepted.AsSpan(DiscoveryProtocol.IdBytes)))
        {
            throw new ForgedAnswerException("it does not hold the secret");
        }

        return new CallerSession(accepted[..DiscoveryProtocol.IdBytes], handshake.Keys());
    }

    private async Task<byte[]> SendAsync(CallerSession session, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        var number = session.NextNumber();
        var writer = new WireWriter();
        writer.WriteFixed(session.Id);
        writer.WriteUInt64(number);
        writer.WriteFixed(session.Keys.TagRequest(number, request.Span));
        writer.WriteFixed(request.Span);
        var answer = await InvokeAsync(DiscoveryProtocol.Call, writer.ToArray(), cancellationToken);
        if (answer.Length < MessageKeys.TagBytes
            || !Handshake.Matches(
                session.Keys.TagReply(number, answer.AsSpan(MessageKeys.TagBytes)), answer.AsSpan(0, MessageKeys.TagBytes)))
        {
            throw new ForgedAnswerException("its answer was changed on its way");
        }

        return answer[MessageKeys.TagBytes..];
    }

    private async Task<byte[]> InvokeAsync(Method<byte[], byte[]> method, byte[] message, CancellationToken cancellationToken)
    {
        using var call = _invoker.AsyncUnaryCall(method, null, new CallOptions(cancellationToken: cancellationToken), message);
        return await call.ResponseAsync;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await _hosts.ResolveAsync(Node.Host, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, Node.DiscoveryPort, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception)
        {
            socket.Dispose();
            _hosts.Doubt(Node.Host);
            throw;
        }
    }

    private sealed class CallerSession(byte[] id, MessageKeys keys)
    {
        private ulong _lastNumber;

        public byte[] Id { get; } = id;

        public MessageKeys Keys { get; } = keys;

        public ulong NextNumber() => Interlocked.Increment(ref _lastNumber);
    }
}

/// <summary>Whoever answered does not hold the secret, or somebody has changed the answer.</summary>
internal sealed class ForgedAnswerException(string message) : Exception(message);
