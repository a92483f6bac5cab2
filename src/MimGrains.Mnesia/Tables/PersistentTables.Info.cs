using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tables;

internal sealed partial class PersistentTables
{
    public PersistentTableInfo GetInfo(string name)
    {
        var parts = registry.Get(name);
        var storage = parts.StorageIn(catalog);
        var hasCopy = storage != StorageType.DiscOnly;
        var copy = hasCopy ? catalog.Find(parts.CopyDefinition.Name)?.Info() : null;
        var change = storages.Find(name)?.Change;
        return new PersistentTableInfo
        {
            Name = name,
            Definition = parts.Definition.Describe(),
            KeyType = parts.Definition.KeyType.FullName!,
            RecordType = parts.Definition.RecordType.FullName!,
            Type = parts.Definition.Type,
            Storage = storage,
            Fragments = parts.Definition.Fragments,
            Version = parts.Definition.Version,
            Indexes = hasCopy ? parts.CopyIn(catalog).IndexNames : [],
            IsLoaded = parts.Load.IsLoaded,
            Problem = parts.Load.Problem
                ?? (change is null ? null : $"its storage is being changed to {change.To} by {change.Coordinator}"),
            Records = copy?.Records,
            MemoryBytes = copy?.MemoryBytes,
            Silos = copy is null ? [] : [.. copy.OtherSilos.Append(copy.Silo).Order(StringComparer.Ordinal)],
        };
    }
}
