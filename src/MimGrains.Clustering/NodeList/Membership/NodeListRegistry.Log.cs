using Microsoft.Extensions.Logging;

namespace MimGrains.Clustering.NodeList;

internal sealed partial class NodeListRegistry
{
    [LoggerMessage(ClusteringEventId.WaitingForNodes, LogLevel.Warning,
        "waiting for {Quorum} of {Listed} listed nodes; reachable: {Reachable}")]
    private static partial void LogWaiting(ILogger logger, int quorum, int listed, string reachable);

    [LoggerMessage(ClusteringEventId.QuorumNotReady, LogLevel.Warning,
        "waiting for the listed nodes to agree: {Problem}")]
    private static partial void LogNotYet(ILogger logger, string problem);

    [LoggerMessage(ClusteringEventId.NotListed, LogLevel.Warning,
        "This node, {Node}, is not in its own node list ({Listed}): it waits until it is. " +
        "Correct the list or node.name")]
    private static partial void LogNotListed(ILogger logger, string node, string listed);

    [LoggerMessage(ClusteringEventId.ListedNodeRegistered, LogLevel.Information,
        "This node has number {Number}; {Members} nodes keep the membership")]
    private static partial void LogRegistered(ILogger logger, int number, int members);

    [LoggerMessage(ClusteringEventId.MinorityOrListProblem, LogLevel.Warning,
        "Discovery does not work, the cluster goes on as it is: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(ClusteringEventId.QuorumWorksAgain, LogLevel.Information,
        "Discovery works again: {Nodes} nodes are there")]
    private static partial void LogWorksAgain(ILogger logger, int nodes);

    [LoggerMessage(ClusteringEventId.LeavesAlone, LogLevel.Warning,
        "This node stops, but cannot say so: {Reason}. The others, or its next start, will declare its silo dead")]
    private static partial void LogLeavesAlone(ILogger logger, string reason);

    [LoggerMessage(ClusteringEventId.SilentSiloBuried, LogLevel.Warning,
        "Declared dead: {Silos}. Their nodes have not answered for {Seconds} s, and no active silo is there to notice it")]
    private static partial void LogBuried(ILogger logger, string silos, double seconds);
}
