namespace MimGrains.Mnesia.Tables;

/// <summary>Event ids of the logs of persistent tables: 1600 to 1649. Never used again for anything else.</summary>
internal static class TablesEventId
{
    public const int TableLoaded = 1600;
    public const int TableNotLoaded = 1601;
    public const int TableRefused = 1602;
    public const int NodeDownHandled = 1603;
    public const int NodeDownHandlerFailed = 1604;
    public const int SchemaChanged = 1605;
    public const int SchemaNotChanged = 1606;
    public const int StorageStored = 1607;
    public const int StorageChanged = 1608;
    public const int StorageNotChanged = 1609;
    public const int StorageNotSettled = 1610;
    public const int StorageNotCleaned = 1611;
    public const int StorageNotRegistered = 1612;
}
