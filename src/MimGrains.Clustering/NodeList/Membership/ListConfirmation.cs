using MimGrains.Core.Identity;

namespace MimGrains.Clustering.NodeList;

/// <summary>Which list an operator has confirmed on this node.</summary>
internal sealed class ListConfirmation(INodeList list, bool isEveryListConfirmed) : INodeListConfirmation
{
    private volatile IReadOnlyList<NodeName>? _confirmed;

    public IReadOnlyList<string> Confirm()
    {
        IReadOnlyList<NodeName> nodes = [.. list.Current.Nodes.Select(node => node.Name)];
        if (nodes is [])
        {
            throw new InvalidOperationException($"This node has no list to confirm: {list.Current.Problem ?? "its file names no node"}.");
        }

        _confirmed = nodes;
        return [.. nodes.Select(node => node.ToString())];
    }

    public bool Covers(IReadOnlyList<NodeName> listed) =>
        isEveryListConfirmed || (_confirmed is { } confirmed && confirmed.SequenceEqual(listed));
}
