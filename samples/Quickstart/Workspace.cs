using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace MimGrains.Samples.Quickstart;

/// <summary>A temporary folder with one configuration file per silo, and the database or the node list that they share.</summary>
internal sealed class Workspace : IDisposable
{
    private Workspace(string folder, IReadOnlyList<SiloConfig> silos) => (Folder, Silos) = (folder, silos);

    public string Folder { get; }

    public IReadOnlyList<SiloConfig> Silos { get; }

    /// <param name="usesNodeList">Whether the silos find each other through a text file instead of a database.</param>
    /// <param name="names">One silo each.</param>
    public static Workspace Create(bool usesNodeList, params ReadOnlySpan<string> names)
    {
        const int portsPerSilo = 3;
        var folder = Directory.CreateTempSubdirectory("mimgrains-quickstart-").FullName;
        var ports = FreePorts(names.Length * portsPerSilo);
        var silos = new List<SiloConfig>();
        var lines = new List<string>();
        var discovery = usesNodeList ? NodeList(folder) : Sqlite(folder);
        for (var index = 0; index < names.Length; index++)
        {
            var (silo, gateway, node) = (ports[index * portsPerSilo], ports[index * portsPerSilo + 1], ports[index * portsPerSilo + 2]);
            var config = new SiloConfig(names[index], Path.Combine(folder, $"{names[index]}.toml"), gateway);
            File.WriteAllText(config.Path, Toml(folder, config, discovery, silo, node));
            silos.Add(config);
            lines.Add($"{config.Name}@127.0.0.1:{silo}:{gateway}:{node}");
        }

        File.WriteAllLines(NodeListFile(folder), lines);
        return new Workspace(folder, silos);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string Toml(string folder, SiloConfig config, string discovery, int siloPort, int discoveryPort) =>
        $"""
        [general]
        sm_backend = "cets"
        s2s_backend = "cets"
        component_backend = "cets"

        [internal_databases.cets]
        cluster_name = "quickstart"
        {discovery}

        [node]
        name = "{config.Name}@127.0.0.1"
        address = "127.0.0.1"
        silo_port = {siloPort}
        gateway_port = {config.GatewayPort}
        discovery_port = {discoveryPort}
        data_directory = '{Path.Combine(folder, config.Name)}'

        """;

    private static string Sqlite(string folder) =>
        $"""
        backend = "rdbms"

        [outgoing_pools.rdbms.default.connection]
        driver = "sqlite"
        file = '{Path.Combine(folder, "cluster.db")}'
        """;

    // A secret for this run only: nobody else can join.
    private static string NodeList(string folder) =>
        $"""
        backend = "file"
        node_list_file = '{NodeListFile(folder)}'
        cluster_secret = "{RandomNumberGenerator.GetHexString(32)}"
        """;

    private static string NodeListFile(string folder) => Path.Combine(folder, "nodes.txt");

    private static int[] FreePorts(int count)
    {
        // All are held until the last one is found, so that none comes twice.
        var listeners = new List<TcpListener>();
        try
        {
            for (var index = 0; index < count; index++)
            {
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                listeners.Add(listener);
            }

            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }
}

/// <summary>What the demo knows of a silo's configuration file.</summary>
internal sealed record SiloConfig(string Name, string Path, int GatewayPort);
