namespace MimGrains.Clustering;

/// <summary>Event ids of the logs of clustering: 1000 to 1099. Never used again for anything else.</summary>
internal static class ClusteringEventId
{
    public const int DatabaseAway = 1000;
    public const int SchemaApplied = 1001;
    public const int NodeRegistered = 1002;
    public const int NodesExpired = 1003;
    public const int DiscoveryFailed = 1004;
    public const int DiscoveryWorksAgain = 1005;
    public const int NodeNumberChanged = 1006;
    public const int NoGateway = 1007;
    public const int StorageAway = 1008;
    public const int StoreLost = 1030;
    public const int WaitingForNodes = 1031;
    public const int NotListed = 1032;
    public const int ListedNodeRegistered = 1033;
    public const int MinorityOrListProblem = 1034;
    public const int QuorumWorksAgain = 1035;
    public const int ClientWaitsForList = 1036;
    public const int GatewayHostUnknown = 1037;
    public const int QuorumNotReady = 1038;
    public const int LeavesAlone = 1039;
    public const int SilentSiloBuried = 1040;
    public const int CallerRefused = 1060;
    public const int CallerLetIn = 1061;
    public const int RequestFailed = 1062;
    public const int NodeListChanged = 1063;
    public const int NodeListErrors = 1064;
    public const int NodeListUnreadable = 1065;
    public const int NodeListReadable = 1066;
    public const int RefusedByNode = 1068;
    public const int OtherPortsInNodeList = 1069;
}
