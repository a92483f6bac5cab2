using Microsoft.Extensions.Logging;

namespace MimGrains.Clustering.Rdbms;

internal sealed partial class NodeRegistry
{
    [LoggerMessage(ClusteringEventId.DatabaseAway, LogLevel.Warning,
        "Waiting for {Database}: {Reason}; next try in {DelayMs} ms")]
    private static partial void LogAway(ILogger logger, string database, string reason, long delayMs);

    [LoggerMessage(ClusteringEventId.NodeRegistered, LogLevel.Information,
        "This node has number {Number} in {Database}, which lists {Nodes} nodes")]
    private static partial void LogRegistered(ILogger logger, int number, string database, int nodes);

    [LoggerMessage(ClusteringEventId.NodeNumberChanged, LogLevel.Warning,
        "This node was forgotten for being silent; its number was {Before} and is {Now}")]
    private static partial void LogNumberChanged(ILogger logger, int before, int now);

    [LoggerMessage(ClusteringEventId.NodesExpired, LogLevel.Warning,
        "Nodes forgotten, since they were silent for {ExpirySeconds} s: {Nodes}")]
    private static partial void LogExpired(ILogger logger, string nodes, int expirySeconds);

    [LoggerMessage(ClusteringEventId.DiscoveryFailed, LogLevel.Warning,
        "Discovery does not work, the cluster goes on as it is: {Database}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string database, string reason);

    [LoggerMessage(ClusteringEventId.DiscoveryWorksAgain, LogLevel.Information, "Discovery works again: {Database}")]
    private static partial void LogWorksAgain(ILogger logger, string database);
}
