namespace MimGrains.Clustering;

/// <summary>Knows the nodes of the cluster, and this node's small number. All members may be called from any thread.</summary>
public interface INodeRegistry
{
    /// <summary>Returns this node's number; null until it has one, which is before its silo is active.</summary>
    /// <value>From 1 on; unique in the cluster, used again only an hour after a node was last there.</value>
    int? NodeNumber { get; }

    /// <summary>Returns the nodes that said within the last hour that they are there, ascending by number; this one included.</summary>
    IReadOnlyList<DiscoveredNode> Nodes { get; }

    /// <summary>Returns whether the last look at the source of the nodes succeeded.</summary>
    bool DiscoveryWorks { get; }

    /// <summary>Returns whether discovery does not work because too few of the listed nodes can be reached to decide anything.</summary>
    bool IsMinority => false;

    /// <summary>Returns why discovery does not work; null while it does.</summary>
    string? Problem { get; }
}

/// <summary>A node of the cluster.</summary>
/// <param name="Name"><c>name@host</c>; survives a restart.</param>
/// <param name="Number">Small number, from 1 on.</param>
/// <param name="Address">The published IP address; empty if there is none.</param>
public sealed record DiscoveredNode(string Name, int Number, string Address);
