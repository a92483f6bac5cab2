namespace MimGrains.Mnesia.Storage;

/// <summary>Event ids of the logs of fragment storage: 1700 to 1749. Never used again for anything else.</summary>
internal static class StorageEventId
{
    public const int Merged = 1700;
    public const int BackgroundFailed = 1701;
}
