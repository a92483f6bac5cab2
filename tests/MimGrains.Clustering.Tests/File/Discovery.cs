using System.Net;
using System.Text;
using MimGrains.Clustering.NodeList;
using MimGrains.Core.Identity;

namespace MimGrains.Clustering.Tests;

/// <summary>One process with a discovery port on loopback, or without one as a client has.</summary>
internal sealed class Discovery : IAsyncDisposable
{
    public const string Secret = "the cookie of this cluster";

    private Discovery(string node, string secret, string cluster, int? port, DiscoveryTls? tls, TimeProvider? time)
    {
        Name = new NodeName(node);
        Transport = new DiscoveryTransport(
            new DiscoveryIdentity(cluster, node, new SharedSecret(secret, cluster, iterations: 10)),
            port is null ? null : new IPEndPoint(IPAddress.Loopback, port.Value),
            tls,
            new HostResolver(TimeProvider.System),
            time ?? TimeProvider.System,
            Log);
    }

    public LogLines Log { get; } = new();

    public NodeName Name { get; }

    public DiscoveryTransport Transport { get; }

    public ListedNode Listed => new(Name, "127.0.0.1", 1, 2, Transport.Endpoint!.Port);

    /// <summary>Starts a node that answers with <paramref name="handler"/>; by default with what it got, in capitals.</summary>
    public static async Task<Discovery> StartAsync(
        string node,
        string secret = Secret,
        string cluster = "blue",
        int port = 0,
        DiscoveryTls? tls = null,
        TimeProvider? time = null,
        DiscoveryHandler? handler = null)
    {
        var discovery = new Discovery(node, secret, cluster, port, tls, time);
        await discovery.Transport.StartAsync(
            handler ?? ((request, _) => ValueTask.FromResult(
                Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(request.Span).ToUpperInvariant()))),
            CancellationToken.None);
        return discovery;
    }

    /// <summary>Makes a process that only calls.</summary>
    public static Discovery Caller(
        string node = "a@h1", string secret = Secret, string cluster = "blue", DiscoveryTls? tls = null, TimeProvider? time = null) =>
        new(node, secret, cluster, null, tls, time);

    public async Task<string> CallAsync(Discovery to, string request) => await CallAsync(to.Listed, request);

    public async Task<string> CallAsync(ListedNode to, string request, TimeSpan? limit = null)
    {
        using var time = new CancellationTokenSource(limit ?? TimeSpan.FromMinutes(1));
        return Encoding.UTF8.GetString(await Transport.CallAsync(to, Encoding.UTF8.GetBytes(request), time.Token));
    }

    /// <summary>Returns why a call fails.</summary>
    public async Task<string> FailAsync(ListedNode to, string request = "hi", TimeSpan? limit = null) =>
        (await Assert.ThrowsAsync<DiscoveryCallException>(() => CallAsync(to, request, limit))).Reason;

    public ValueTask DisposeAsync() => Transport.DisposeAsync();
}
