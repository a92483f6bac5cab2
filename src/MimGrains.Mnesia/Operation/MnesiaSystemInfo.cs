using MimGrains.Persistent;

namespace MimGrains.Mnesia.Operation;

/// <summary>Answers the keys of Mnesia's <c>system_info</c> that mean something here.</summary>
/// <remarks>
/// Left out, since there is nothing that they could tell: those of the dump of a log file, of master nodes, of the event module, of
/// checkpoints, of protocol versions, of table loaders and of debugging.
/// </remarks>
internal sealed class MnesiaSystemInfo(IPersistentTables tables, MnesiaNodes nodes)
{
    /// <summary>Returns the keys, ascending.</summary>
    public IReadOnlyList<MnesiaInfo> All()
    {
        var infos = tables.Names.Select(tables.GetInfo).ToArray();
        var isOnDisc = infos.Any(table => table.Storage != StorageType.Ram);
        return
        [
            List("backend_types", ["ram_copies", "disc_copies", "disc_only_copies"]),
            List("db_nodes", nodes.Known()),
            List("extra_db_nodes", []),
            One("is_running", infos.All(table => table.IsLoaded) ? "yes" : "starting"),
            List("local_tables", [.. infos.Where(table => table.IsLoaded).Select(table => table.Name)]),
            List("running_db_nodes", nodes.Running()),
            One("schema_location", isOnDisc ? "disc" : "ram"),
            List("tables", [.. infos.Select(table => table.Name)]),
            One("use_dir", isOnDisc ? "true" : "false"),
            One("version", typeof(MnesiaSystemInfo).Assembly.GetName().Version?.ToString() ?? ""),
        ];
    }

    private static MnesiaInfo One(string key, string value) => new(key, [value], IsList: false);

    private static MnesiaInfo List(string key, IReadOnlyList<string> values) => new(key, values, IsList: true);
}
