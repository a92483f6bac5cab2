namespace MimGrains.Sessions;

/// <summary>Event ids of the logs of sessions: 1300 to 1399. Never used again for anything else.</summary>
internal static class SessionEventId
{
    public const int Opened = 1300;
    public const int OpenedMany = 1301;

    // 1302 was a session that was closed.
    public const int Withdrawn = 1303;
    public const int WithdrawFailed = 1304;
    public const int OwnerGone = 1305;
    public const int Ended = 1306;
    public const int ConnectionSilent = 1307;
    public const int ConnectionNotTold = 1308;
    public const int InfoNotTold = 1309;
    public const int HookFailed = 1310;
    public const int CleanupClaimed = 1311;
    public const int CleanupDone = 1312;
    public const int CleanupRetried = 1313;
    public const int Stopped = 1314;
    public const int NotStopped = 1315;
    public const int ClusterIdConflict = 1316;
    public const int ClusterIdRetried = 1317;
    public const int RowsNotRemoved = 1318;
    public const int StaleNotForgotten = 1319;
    public const int EndedNotCleaned = 1320;
    public const int RouteNotAnswered = 1321;
    public const int RouteFailedLate = 1322;
}
