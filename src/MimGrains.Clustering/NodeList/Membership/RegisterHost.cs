using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using MimGrains.Core.Consensus;
using MimGrains.Core.Identity;
using MimGrains.Core.Membership;

namespace MimGrains.Clustering.NodeList;

/// <summary>This node's acceptor, on its store, and the heartbeats that it has heard. All members may be called from
/// any thread.</summary>
internal sealed partial class RegisterHost(IAcceptorStore store, INodeList list, ILogger<RegisterHost> logger)
    : IDisposable
{
    private readonly ILogger _logger = logger;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _heartbeatsLock = new();
    private readonly Heartbeats _heartbeats = new();
    private volatile Acceptor? _acceptor;

    /// <summary>Returns what is on the disk.</summary>
    /// <exception cref="InvalidOperationException">It was not loaded yet.</exception>
    public Acceptor Acceptor => _acceptor ?? throw new InvalidOperationException("The state was not loaded yet.");

    public void Dispose() => _turn.Dispose();

    /// <summary>Loads what this node has promised; a node without that gets a new store, which the others must
    /// admit.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var stored = await store.LoadAsync(cancellationToken);
        var (acceptor, problem) = Decode(stored);
        if (acceptor is null)
        {
            var isLost = stored.IsLost || problem is not null;
            acceptor = Acceptor.New(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1, isLost);
            if (isLost)
            {
                LogLost(_logger, problem ?? "it is gone");
            }

            await store.SaveAsync(RegisterCodec.Encode(acceptor), cancellationToken);
        }

        _acceptor = acceptor;
    }

    /// <summary>Answers bytes with bytes.</summary>
    public async ValueTask<byte[]> HandleAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken) =>
        RegisterCodec.Encode(await AnswerAsync(RegisterCodec.DecodeRequest(request), cancellationToken));

    /// <summary>Answers a request; what is promised is on the disk before.</summary>
    public async ValueTask<RegisterReply> AnswerAsync(RegisterRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<NodeName> listed = [.. list.Current.Nodes.Select(node => node.Name)];
        if (request.Kind is RequestKind.Read or RequestKind.Alive)
        {
            Hear(request.Heartbeats);
            return Acceptor.On(request, listed, Heartbeats()).Reply;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            var (next, reply) = Acceptor.On(request, listed, []);
            if (!ReferenceEquals(next, Acceptor))
            {
                // Not cut short when the caller goes away: the state would be on the disk or not.
                await store.SaveAsync(RegisterCodec.Encode(next), CancellationToken.None);
                _acceptor = next;
            }

            return reply;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes note of heartbeats.</summary>
    public void Hear(IEnumerable<Heartbeat> heartbeats)
    {
        lock (_heartbeatsLock)
        {
            _heartbeats.Merge(heartbeats);
        }
    }

    /// <summary>Returns all heartbeats that were heard.</summary>
    public IReadOnlyList<Heartbeat> Heartbeats()
    {
        lock (_heartbeatsLock)
        {
            return _heartbeats.All;
        }
    }

    private static (Acceptor? Acceptor, string? Problem) Decode(StoredState stored)
    {
        if (stored.Bytes is not { } bytes)
        {
            return (null, stored.Problem);
        }

        try
        {
            return (RegisterCodec.DecodeAcceptor(bytes), null);
        }
        catch (InvalidDataException exception)
        {
            return (null, exception.Message);
        }
    }

    [LoggerMessage(ClusteringEventId.StoreLost, LogLevel.Warning,
        "This node does not know any more what it has promised to the others ({Problem}): " +
        "it has no vote until they admit it again")]
    private static partial void LogLost(ILogger logger, string problem);
}
