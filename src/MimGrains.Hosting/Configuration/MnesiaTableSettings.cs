using MimGrains.Configuration;
using MimGrains.Persistent;

namespace MimGrains.Hosting;

/// <summary>
/// The options of a single persistent table, <c>[internal_databases.mnesia.tables.NAME]</c>. Which tables there are, only a silo
/// knows: here every name is taken.
/// </summary>
internal static class MnesiaTableSettings
{
    private static readonly SortedDictionary<string, StorageType> StorageNames = new(StringComparer.Ordinal)
    {
        ["ram_copies"] = StorageType.Ram,
        ["disc_copies"] = StorageType.Disc,
        ["disc_only_copies"] = StorageType.DiscOnly,
    };

    /// <summary>Returns the options of all tables for which something is set, by the names of the tables.</summary>
    public static IEnumerable<OptionDescriptor> All(MimGrainsOptions options) =>
        options.InternalDatabases?.Mnesia?.Tables.Keys.SelectMany(Of) ?? [];

    /// <summary>Returns the options of one table.</summary>
    public static IReadOnlyList<OptionDescriptor> Of(string table)
    {
        var path = SettingNode.PathOf(OptionTable.MnesiaTables, table);
        return
        [
            new ChoiceOption<StorageType>($"{path}.storage", "", StorageNames,
                options => Find(options, table)?.Storage, (options, value) => Make(options, table).Storage = value)
            { DefaultNote = "what the table's definition says" },
            new IntegerOption($"{path}.fragments", "", 1, PersistentTableDefinition.MaxFragments, "fragments",
                options => Find(options, table)?.Fragments, (options, value) => Make(options, table).Fragments = value)
            { DefaultNote = "what the table's definition says" },
        ];
    }

    /// <summary>Returns what is set for a table, made anew if nothing is. Mnesia must be enabled.</summary>
    public static MnesiaTableOptions Make(MimGrainsOptions options, string table)
    {
        var tables = options.InternalDatabases!.Mnesia!.Tables;
        return tables.TryGetValue(table, out var there) ? there : tables[table] = new();
    }

    private static MnesiaTableOptions? Find(MimGrainsOptions options, string table) =>
        options.InternalDatabases?.Mnesia?.Tables.TryGetValue(table, out var there) == true ? there : null;
}
