using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tables;

/// <summary>Changes where the records of a table are.</summary>
internal interface IStorageChanger
{
    /// <summary>See <see cref="IPersistentTables.ChangeStorageAsync"/>.</summary>
    Task ChangeAsync(
        string table, StorageType to, IProgress<StorageChangeProgress>? progress, CancellationToken cancellationToken);
}
