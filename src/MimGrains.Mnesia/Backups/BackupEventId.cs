namespace MimGrains.Mnesia.Backups;

/// <summary>Event ids of the logs of backups: 1750 to 1759. Never used again for anything else.</summary>
internal static class BackupEventId
{
    public const int FallbackApplied = 1750;
}
