using System.Net;
using System.Net.Sockets;

namespace MimGrains.Samples.Quickstart;

/// <summary>A temporary folder with one configuration file per silo and the database that they share.</summary>
internal sealed class Workspace : IDisposable
{
    private Workspace(string folder, IReadOnlyList<SiloConfig> silos) => (Folder, Silos) = (folder, silos);

    public string Folder { get; }

    public IReadOnlyList<SiloConfig> Silos { get; }

    public static Workspace Create(params ReadOnlySpan<string> names)
    {
        var folder = Directory.CreateTempSubdirectory("mimgrains-quickstart-").FullName;
        var ports = FreePorts(names.Length * 2);
        var silos = new List<SiloConfig>();
        for (var index = 0; index < names.Length; index++)
        {
            var config = new SiloConfig(names[index], Path.Combine(folder, $"{names[index]}.toml"), ports[index * 2 + 1]);
            File.WriteAllText(config.Path, Toml(folder, config, siloPort: ports[index * 2]));
            silos.Add(config);
        }

        return new Workspace(folder, silos);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string Toml(string folder, SiloConfig config, int siloPort) =>
        $"""
        [general]
        sm_backend = "cets"
        s2s_backend = "cets"
        component_backend = "cets"

        [internal_databases.cets]
        backend = "rdbms"
        cluster_name = "quickstart"

        [outgoing_pools.rdbms.default.connection]
        driver = "sqlite"
        file = '{Path.Combine(folder, "cluster.db")}'

        [node]
        name = "{config.Name}@127.0.0.1"
        address = "127.0.0.1"
        silo_port = {siloPort}
        gateway_port = {config.GatewayPort}
        data_directory = '{Path.Combine(folder, config.Name)}'

        """;

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
