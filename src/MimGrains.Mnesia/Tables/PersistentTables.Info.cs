using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tables;

internal sealed partial class PersistentTables
{
    public PersistentTableInfo GetInfo(string name)
    {
        var parts = registry.Get(name);
        var copy = parts.CopyIn(catalog) is null ? null : catalog.Find(parts.CopyDefinition.Name)?.Info();
        return new PersistentTableInfo
        {
            Name = name,
            Definition = parts.Definition.Describe(),
            KeyType = parts.Definition.KeyType.FullName!,
            RecordType = parts.Definition.RecordType.FullName!,
            Type = parts.Definition.Type,
            Storage = parts.Definition.Storage,
            Fragments = parts.Definition.Fragments,
            Version = parts.Definition.Version,
            Indexes = parts.CopyIn(catalog)?.IndexNames ?? [],
            IsLoaded = parts.Load.IsLoaded,
            Problem = parts.Load.Problem,
            Records = copy?.Records,
            MemoryBytes = copy?.MemoryBytes,
            Silos = copy is null ? [] : [.. copy.OtherSilos.Append(copy.Silo).Order(StringComparer.Ordinal)],
        };
    }
}
