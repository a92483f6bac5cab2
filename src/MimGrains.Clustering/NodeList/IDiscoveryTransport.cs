using MimGrains.Core.Identity;

namespace MimGrains.Clustering.NodeList;

/// <summary>
/// Carries requests between listed nodes, and from clients to them: authenticated, bounded in size and rate. What the bytes say
/// is the business of whoever calls and of the handler. All members may be called from any thread.
/// </summary>
internal interface IDiscoveryTransport : IAsyncDisposable
{
    /// <summary>Listens on the discovery port and answers with <paramref name="handler"/>. At most once; a client never does.</summary>
    /// <exception cref="IOException">The port cannot be listened on.</exception>
    Task StartAsync(DiscoveryHandler handler, CancellationToken cancellationToken);

    /// <summary>Stops listening; requests that are being answered are finished. Calls to others still work.</summary>
    Task StopAsync(CancellationToken cancellationToken);

    /// <summary>Sends a request to another node and returns its answer.</summary>
    /// <param name="to">Never this node itself.</param>
    /// <param name="request">At most a few hundred KiB; may arrive twice or not at all when the call fails.</param>
    /// <param name="cancellationToken">Limits the waiting: the caller always has a time limit.</param>
    /// <exception cref="DiscoveryCallException">The node cannot be reached, refused, or failed to answer.</exception>
    ValueTask<byte[]> CallAsync(ListedNode to, ReadOnlyMemory<byte> request, CancellationToken cancellationToken);
}

/// <summary>Answers a request. Called concurrently; an exception becomes a <see cref="DiscoveryCallException"/> of the caller.</summary>
internal delegate ValueTask<byte[]> DiscoveryHandler(ReadOnlyMemory<byte> request, CancellationToken cancellationToken);

/// <summary>A listed node did not answer a request.</summary>
internal sealed class DiscoveryCallException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="node">Who did not answer.</param>
    /// <param name="reason">Short, for a list of nodes with their reasons: <c>connection refused</c>, <c>wrong secret</c>.</param>
    /// <param name="inner">What it comes from.</param>
    public DiscoveryCallException(NodeName node, string reason, Exception? inner = null)
        : base($"{node}: {reason}", inner)
    {
        Node = node;
        Reason = reason;
    }

    /// <summary>Returns who did not answer.</summary>
    public NodeName Node { get; }

    /// <summary>Returns why, in a few words.</summary>
    public string Reason { get; }
}
