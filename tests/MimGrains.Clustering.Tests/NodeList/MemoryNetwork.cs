using System.Collections.Concurrent;
using MimGrains.Clustering.NodeList;
using MimGrains.Core.Identity;

namespace MimGrains.Clustering.Tests.NodeList;

/// <summary>Carries requests between nodes of one process; nodes can be cut off from all others.</summary>
internal sealed class MemoryNetwork
{
    private readonly ConcurrentDictionary<NodeName, DiscoveryHandler> _handlers = new();
    private readonly ConcurrentDictionary<NodeName, bool> _cut = new();

    public void Cut(params NodeName[] nodes) => Array.ForEach(nodes, node => _cut[node] = true);

    public void Heal() => _cut.Clear();

    public IDiscoveryTransport Of(NodeName? self) => new Transport(this, self);

    private sealed class Transport(MemoryNetwork network, NodeName? self) : IDiscoveryTransport
    {
        public Task StartAsync(DiscoveryHandler handler, CancellationToken cancellationToken)
        {
            Assert.True(network._handlers.TryAdd(self!.Value, handler), $"{self} listens already.");
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            if (self is { } node)
            {
                network._handlers.TryRemove(node, out _);
            }

            return Task.CompletedTask;
        }

        public async ValueTask<byte[]> CallAsync(
            ListedNode to, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            var isCut = IsCut(to.Name) || (self is { } from && IsCut(from));
            return !isCut && network._handlers.TryGetValue(to.Name, out var handler)
                ? await handler(request, cancellationToken)
                : throw new DiscoveryCallException(to.Name, "connection refused");
        }

        public ValueTask DisposeAsync() => new(StopAsync(CancellationToken.None));

        private bool IsCut(NodeName node) => network._cut.ContainsKey(node);
    }
}

/// <summary>A node list that a test edits; all nodes of a test may share the text, each is its own reader.</summary>
internal sealed class EditedNodeList(NodeName? self, IReadOnlyList<NodeName> nodes) : INodeList
{
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public NodeName? Self => self;

    public NodeListSnapshot Current { get; private set; } = Snapshot(1, nodes);

    public void Edit(IReadOnlyList<NodeName> edited)
    {
        Current = Snapshot(Current.Version + 1, edited);
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public async Task<NodeListSnapshot> WaitForChangeAsync(long version, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = _changed.Task;
            if (Current.Version > version)
            {
                return Current;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private static NodeListSnapshot Snapshot(long version, IReadOnlyList<NodeName> nodes) =>
        new(version, [.. nodes.Select(node => new ListedNode(node, "127.0.0.1", 11_111, 30_000, 11_112))], null);
}

/// <summary>A store in memory; it outlives the node that uses it.</summary>
internal sealed class MemoryStore : IAcceptorStore
{
    private byte[]? _saved;

    public bool IsLost { get; private set; }

    public bool IsBroken { get; set; }

    public void Lose() => (_saved, IsLost) = (null, true);

    public ValueTask<StoredState> LoadAsync(CancellationToken cancellationToken) =>
        new(_saved is null
            ? new StoredState(null, IsLost, IsLost ? "the test has taken it" : null)
            : new StoredState(_saved, IsLost: false, null));

    public ValueTask SaveAsync(ReadOnlyMemory<byte> state, CancellationToken cancellationToken)
    {
        if (IsBroken)
        {
            throw new IOException("the disk is full");
        }

        _saved = state.ToArray();
        return ValueTask.CompletedTask;
    }
}
