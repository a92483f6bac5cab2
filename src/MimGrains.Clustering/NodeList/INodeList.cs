using MimGrains.Core.Identity;

namespace MimGrains.Clustering.NodeList;

/// <summary>The list of nodes that the operator keeps, as it is now. All members may be called from any thread.</summary>
internal interface INodeList
{
    /// <summary>Returns the node that this process is; in its own list or not. A client has none.</summary>
    NodeName? Self { get; }

    /// <summary>Returns the last good list. Before the first good one: version 0, no nodes, and the problem.</summary>
    NodeListSnapshot Current { get; }

    /// <summary>Returns a snapshot later than <paramref name="version"/>: at once, or when there is one.</summary>
    Task<NodeListSnapshot> WaitForChangeAsync(long version, CancellationToken cancellationToken);
}

/// <summary>The node list at one moment. Immutable.</summary>
/// <param name="Version">Counts the changes of anything in here since this process started; says nothing to other nodes.</param>
/// <param name="Nodes">In the order of the file, each name once. The order matters: the first breaks ties.</param>
/// <param name="Problem">Why the source cannot be read now, so that <paramref name="Nodes"/> may be old; null while it can.</param>
internal sealed record NodeListSnapshot(long Version, IReadOnlyList<ListedNode> Nodes, string? Problem);
