using MimGrains.Configuration;
using MimGrains.ProcessSupport;

namespace MimGrains.Benchmarks.Harness;

/// <summary>How the silos of a cluster find each other.</summary>
internal enum ClusterDiscovery
{
    Sqlite,
    NodeList,

    /// <summary>As <see cref="Sqlite"/>, with persistent tables in the same file.</summary>
    PersistentSqlite,

    /// <summary>A PostgreSQL database that is given, with persistent tables in it.</summary>
    PersistentPostgres,
}

/// <summary>The files of a cluster on this machine: a configuration for each silo, and the list of nodes.</summary>
internal static class SiloConfiguration
{
    /// <summary>Ports that a silo listens on.</summary>
    public const int PortsPerSilo = 3;

    private const string Secret = "a secret of this benchmark";
    private const string NodeListFile = "nodes.txt";

    /// <summary>Writes the configuration of a silo and returns its path.</summary>
    public static string Write(TempFolder folder, int index, IReadOnlyList<int> ports, ClusterSetup setup)
    {
        var path = folder.File($"mim{index + 1}.toml");
        File.WriteAllText(path, $"""
            [general]
            sm_backend = "{(setup.Sessions == InternalDatabase.Mnesia ? "mnesia" : "cets")}"
            s2s_backend = "cets"
            component_backend = "cets"

            [internal_databases.cets]
            {DiscoveryOf(folder, setup)}

            [node]
            name = "{NameOf(index)}"
            address = "127.0.0.1"
            silo_port = {ports[0]}
            gateway_port = {ports[1]}
            discovery_port = {ports[2]}
            data_directory = "data{index + 1}"
            """);
        return path;
    }

    /// <summary>Lists nodes with their ports: the new list replaces the old one at once.</summary>
    public static void WriteNodeList(TempFolder folder, IEnumerable<IReadOnlyList<int>> portsOfNodes)
    {
        var next = folder.File("nodes.next");
        File.WriteAllLines(next, portsOfNodes.Select((ports, index) => $"{NameOf(index)}:{string.Join(':', ports)}"));
        File.Move(next, folder.File(NodeListFile), overwrite: true);
    }

    private static string DiscoveryOf(TempFolder folder, ClusterSetup setup) => setup.Discovery switch
    {
        ClusterDiscovery.NodeList => NodeList,
        ClusterDiscovery.PersistentSqlite => $"{Sqlite}\n\n{Persistent}",
        ClusterDiscovery.PersistentPostgres => $"{PostgresOf(folder, setup.Postgres!)}\n\n{Persistent}",
        _ => Sqlite,
    };

    // Other clusters that the database has known must not be seen.
    private static string PostgresOf(TempFolder folder, string connection)
    {
        var settings = new System.Data.Common.DbConnectionStringBuilder { ConnectionString = connection };
        return $"""
            cluster_name = "benchmark-{System.IO.Path.GetFileName(folder.Path)}"
            backend = "rdbms"

            [outgoing_pools.rdbms.default.connection]
            driver = "pgsql"
            host = "{settings["Host"]}"
            port = {settings["Port"]}
            database = "{settings["Database"]}"
            username = "{settings["Username"]}"
            password = "{settings["Password"]}"
            """;
    }

    private static string Persistent => "[internal_databases.mnesia]";

    private static string Sqlite => """
        cluster_name = "benchmark"
        backend = "rdbms"

        [outgoing_pools.rdbms.default.connection]
        driver = "sqlite"
        file = "cluster.db"
        """;

    private static string NodeList => $"""
        cluster_name = "benchmark"
        backend = "file"
        node_list_file = "{NodeListFile}"
        cluster_secret = "{Secret}"
        """;

    private static string NameOf(int index) => $"mim{index + 1}@127.0.0.1";
}
