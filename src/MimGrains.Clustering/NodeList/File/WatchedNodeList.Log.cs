using Microsoft.Extensions.Logging;
using MimGrains.Core.Identity;

namespace MimGrains.Clustering.NodeList;

internal sealed partial class WatchedNodeList
{
    [LoggerMessage(ClusteringEventId.NodeListChanged, LogLevel.Information, "Node list {Source} names {Count} nodes: {Nodes}")]
    private static partial void LogChanged(ILogger logger, string source, int count, string nodes);

    [LoggerMessage(ClusteringEventId.NodeListErrors, LogLevel.Warning, "Node list {Source}, line {Line}: {Message}; the rest is used")]
    private static partial void LogError(ILogger logger, string source, int line, string message);

    [LoggerMessage(ClusteringEventId.NodeListUnreadable, LogLevel.Warning,
        "Discovery does not work, the last good list of {Count} nodes stays: node list {Problem}")]
    private static partial void LogUnreadable(ILogger logger, string problem, int count);

    [LoggerMessage(ClusteringEventId.NodeListReadable, LogLevel.Information,
        "Discovery works again: node list {Source} names the same {Count} nodes as before")]
    private static partial void LogReadable(ILogger logger, string source, int count);

    [LoggerMessage(ClusteringEventId.OtherPortsInNodeList, LogLevel.Warning,
        "Node list {Source} gives {Node} the ports {Listed} (silo:gateway:discovery), but it listens on {Actual}: " +
        "others cannot find it. Correct the line or the ports of [node]")]
    private static partial void LogOtherPorts(ILogger logger, string source, NodeName node, string listed, string actual);
}
