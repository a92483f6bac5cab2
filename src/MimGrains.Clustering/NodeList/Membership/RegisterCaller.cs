using MimGrains.Core.Consensus;
using MimGrains.Core.Identity;

namespace MimGrains.Clustering.NodeList;

/// <summary>Sends requests to nodes by name, and keeps who answered last and why others did not.</summary>
/// <param name="own">The acceptor of this node; null for a client.</param>
/// <param name="list">Where the nodes are.</param>
/// <param name="transport">Carries what is not for this node itself.</param>
/// <param name="time">The clock of time limits.</param>
internal sealed class RegisterCaller(
    RegisterHost? own, INodeList list, IDiscoveryTransport transport, TimeProvider time)
{
    // A node that has not answered by then counts as away for this attempt. A read costs it no disk.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<NodeName, ListedNode> _known = [];
    private readonly SortedDictionary<NodeName, string?> _problems = [];

    /// <summary>Returns the names of the listed nodes, in the order of the file.</summary>
    public IReadOnlyList<NodeName> Listed => [.. list.Current.Nodes.Select(node => node.Name)];

    /// <summary>Asks a node.</summary>
    /// <returns>Null if it did not answer.</returns>
    public async Task<RegisterReply?> AskAsync(NodeName node, RegisterRequest request)
    {
        var timeout = request.Kind == RequestKind.Read ? ReadTimeout : CallTimeout;
        using var limit = new CancellationTokenSource(timeout, time);
        try
        {
            var reply = own is not null && node == list.Self
                ? await own.AnswerAsync(request, limit.Token)
                : RegisterCodec.DecodeReply(
                    await transport.CallAsync(Find(node), RegisterCodec.Encode(request), limit.Token));
            own?.Hear(reply.Heartbeats);
            Note(node, null);
            return reply;
        }
        catch (DiscoveryCallException exception)
        {
            Note(node, exception.Reason);
        }
        catch (OperationCanceledException)
        {
            Note(node, $"no answer within {timeout.TotalSeconds:0} s");
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            Note(node, exception.Message);
        }

        return null;
    }

    /// <summary>Returns the listed nodes that answered when they were last asked, in the order of the file.</summary>
    public IReadOnlyList<NodeName> Reachable()
    {
        lock (_lock)
        {
            return [.. Listed.Where(node => _problems.TryGetValue(node, out var problem) && problem is null)];
        }
    }

    /// <summary>Says who of the listed nodes answered, and why the others did not.</summary>
    public string Describe()
    {
        var (listed, reachable) = (Listed, Reachable());
        lock (_lock)
        {
            var silent = listed.Except(reachable)
                .Select(node => $"{node}: {_problems.GetValueOrDefault(node) ?? "not asked yet"}");
            return $"{reachable.Count} of {listed.Count} listed nodes answered: " +
                string.Join("; ", silent.Prepend(reachable.Count == 0 ? "none" : string.Join(", ", reachable)));
        }
    }

    private void Note(NodeName node, string? problem)
    {
        lock (_lock)
        {
            _problems[node] = problem;
        }
    }

    // A node that is not listed any more may still have to be asked: it is where it was. If it left the list before
    // this process
    // started, it is taken to be at its host, on the port of the others.
    private ListedNode Find(NodeName node)
    {
        var listed = list.Current.Nodes;
        lock (_lock)
        {
            foreach (var current in listed)
            {
                _known[current.Name] = current;
            }

            if (_known.TryGetValue(node, out var known))
            {
                return known;
            }

            var host = node.Value[(node.Value.IndexOf('@', StringComparison.Ordinal) + 1)..];
            return listed.Count > 0
                ? listed[0] with { Name = node, Host = host }
                : throw new DiscoveryCallException(node, "not in the node list");
        }
    }
}
