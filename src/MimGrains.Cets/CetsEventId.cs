namespace MimGrains.Cets;

/// <summary>Event ids of the logs of replicated tables: 1100 to 1299. Never used again for anything else.</summary>
internal static class CetsEventId
{
    public const int Hello = 1100;
    public const int OtherDefinition = 1101;
    public const int DumpBegun = 1102;
    public const int JoinBegun = 1103;
    public const int JoinWaits = 1104;
    public const int DumpProgress = 1105;
    public const int Joined = 1106;
    public const int JoinRetried = 1107;
    public const int SiloDead = 1108;
    public const int RecordsRemoved = 1109;
    public const int WritesTimedOut = 1110;
    public const int LevelFailed = 1111;
    public const int HousekeepingFailed = 1112;
    public const int TablesClosed = 1113;
    public const int NotDrained = 1114;
    public const int LeaderClaims = 1140;
    public const int LeaderClaimEnded = 1141;
    public const int LeaderNotGranted = 1142;
    public const int LeaderNoAnswer = 1143;

    // 1130 to 1159: what tables are defined to do.
    public const int DefinitionFault = 1130;
    public const int NodeDownHandlerFailed = 1131;
    public const int NodeDownHandlerHangs = 1132;

    // 1160 to 1179: operators.
    public const int TablePaused = 1160;
    public const int TableResumed = 1161;
    public const int PauseNotTold = 1162;
    public const int PausesToldBy = 1163;
    public const int PausesLapsed = 1164;
    public const int SiloLeftTable = 1165;
    public const int TableAdded = 1166;
    public const int TableRemoved = 1167;
    public const int LeaveNotTold = 1168;

    // 1170 to 1199: comparison of replicas, changes, clients.
    public const int ReplicasDiffer = 1170;
    public const int ReplicasMended = 1171;
    public const int VerifyFailed = 1172;
    public const int ProbeFailed = 1173;
    public const int ChangesNotPublished = 1174;
    public const int PublishingEnded = 1175;
    public const int PublishingFailed = 1176;
    public const int PublisherNotAgreed = 1177;

    // 1200 to 1219: crashes of other silos.
    public const int CrashDetectionOff = 1200;
    public const int LineHeld = 1201;
    public const int SiloUnwatched = 1202;
    public const int CrashSuspected = 1203;
    public const int CrashContradicted = 1204;
    public const int CrashUnwitnessed = 1205;
    public const int CrashProved = 1206;
    public const int CrashNotDeclared = 1207;
    public const int CrashDeclared = 1208;
    public const int WitnessAnswered = 1209;
    public const int WitnessSilent = 1210;
    public const int HeldForDead = 1211;
    public const int OwnDeathUnread = 1212;
    public const int WatchFailed = 1213;
}
