namespace MimGrains.Clustering.NodeList;

/// <summary>The ports of nodes that the file gives none for.</summary>
internal readonly record struct DefaultPorts(int Silo, int Gateway, int Discovery);

/// <summary>A word of the node-list file that names no node.</summary>
/// <param name="Line">From 1 on.</param>
/// <param name="Message">What was found and what is allowed.</param>
internal sealed record NodeListError(int Line, string Message);

/// <summary>What a node-list file says.</summary>
/// <param name="Nodes">In the order of the file, each name and each discovery endpoint once.</param>
/// <param name="Errors">In the order of the file; at most <see cref="NodeListParser.ErrorsMax"/>.</param>
internal sealed record NodeListText(IReadOnlyList<ListedNode> Nodes, IReadOnlyList<NodeListError> Errors);
