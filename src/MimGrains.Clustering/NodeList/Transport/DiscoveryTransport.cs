using System.Net;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using MimGrains.Core.Identity;

namespace MimGrains.Clustering.NodeList;

/// <summary>
/// Requests between listed nodes over gRPC on the discovery port. Both sides prove that they hold the cluster's secret before the
/// first request, and every message is signed: see <see cref="Handshake"/>. TLS hides them from others besides, if it is configured.
/// </summary>
internal sealed partial class DiscoveryTransport : IDiscoveryTransport
{
    /// <summary>Longest time that a call takes, whatever its caller allows.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan UnusedLifetime = TimeSpan.FromMinutes(5);

    private readonly DiscoveryIdentity _identity;
    private readonly IPEndPoint? _endpoint;
    private readonly DiscoveryTls? _tls;
    private readonly HostResolver _hosts;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly OncePerMinute _failures;
    private readonly Dictionary<NodeName, (PeerConnection Connection, long UsedAt)> _peers = [];
    private DiscoveryServer? _server;

    /// <summary>Creates the transport; nothing listens yet.</summary>
    /// <param name="identity">Who this process is.</param>
    /// <param name="endpoint">Where to listen; null for a client.</param>
    /// <param name="tls">Null for none.</param>
    /// <param name="hosts">Finds the addresses of listed hosts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where to log.</param>
    public DiscoveryTransport(
        DiscoveryIdentity identity, IPEndPoint? endpoint, DiscoveryTls? tls, HostResolver hosts, TimeProvider time, ILoggerFactory loggers)
    {
        _identity = identity;
        _endpoint = endpoint;
        _tls = tls;
        _hosts = hosts;
        _time = time;
        _loggers = loggers;
        _logger = loggers.CreateLogger<DiscoveryTransport>();
        _failures = new OncePerMinute(time);
    }

    /// <summary>Gets where it listens; null before it does.</summary>
    public IPEndPoint? Endpoint => _server?.Endpoint;

    public async Task StartAsync(DiscoveryHandler handler, CancellationToken cancellationToken)
    {
        if (_endpoint is null || _server is not null)
        {
            throw new InvalidOperationException(_endpoint is null ? "A client does not listen." : "It listens already.");
        }

        var service = new DiscoveryService(_identity, handler, _time, _loggers.CreateLogger<DiscoveryService>());
        _server = await DiscoveryServer.StartAsync(_endpoint, _tls, service, _loggers, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _server?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask<byte[]> CallAsync(ListedNode to, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CallTimeout);
        try
        {
            return await PeerOf(to).CallAsync(request, limit.Token);
        }
        catch (OperationCanceledException exception)
        {
            throw new DiscoveryCallException(to.Name, "no answer in time", exception);
        }
        catch (Exception exception) when (exception is RpcException or ForgedAnswerException or ObjectDisposedException)
        {
            throw Failed(to, exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        lock (_peers)
        {
            foreach (var (connection, _) in _peers.Values)
            {
                connection.Dispose();
            }

            _peers.Clear();
        }
    }

    private DiscoveryCallException Failed(ListedNode to, Exception exception)
    {
        var reason = CallFailure.Describe(exception);
        var node = to.Name.Value;
        if (CallFailure.NeedsOperator(exception) && _failures.Pass(ref node, out var unlogged))
        {
            LogRefusedBy(_logger, node, to.Host, to.DiscoveryPort, reason, unlogged);
        }

        return new DiscoveryCallException(to.Name, reason, exception);
    }

    // A line of the list may name the same node at another place than before.
    private PeerConnection PeerOf(ListedNode node)
    {
        lock (_peers)
        {
            var now = _time.GetTimestamp();
            if (_peers.TryGetValue(node.Name, out var peer)
                && (peer.Connection.Node.Host, peer.Connection.Node.DiscoveryPort) == (node.Host, node.DiscoveryPort))
            {
                _peers[node.Name] = (peer.Connection, now);
                return peer.Connection;
            }

            peer.Connection?.Dispose();
            foreach (var (name, (connection, usedAt)) in _peers)
            {
                if (_time.GetElapsedTime(usedAt, now) > UnusedLifetime)
                {
                    connection.Dispose();
                    _peers.Remove(name);
                }
            }

            var made = new PeerConnection(node, _identity, _tls, _hosts);
            _peers[node.Name] = (made, now);
            return made;
        }
    }

    [LoggerMessage(ClusteringEventId.RefusedByNode, LogLevel.Warning,
        "Listed node {Node} at {Host}, discovery port {Port}: {Reason} ({Unlogged} more since the last such line)")]
    private static partial void LogRefusedBy(ILogger logger, string node, string host, int port, string reason, int unlogged);
}
