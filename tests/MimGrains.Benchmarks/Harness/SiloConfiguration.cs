using MimGrains.ProcessSupport;

namespace MimGrains.Benchmarks.Harness;

/// <summary>The configuration file of one silo of a cluster on this machine.</summary>
internal static class SiloConfiguration
{
    /// <summary>Ports that a silo listens on.</summary>
    public const int PortsPerSilo = 3;

    /// <summary>Writes it and returns its path.</summary>
    public static string Write(TempFolder folder, int index, ReadOnlySpan<int> ports)
    {
        var path = folder.File($"mim{index + 1}.toml");
        File.WriteAllText(path, $"""
            [general]
            sm_backend = "cets"
            s2s_backend = "cets"
            component_backend = "cets"

            [internal_databases.cets]
            backend = "rdbms"
            cluster_name = "benchmark"

            [outgoing_pools.rdbms.default.connection]
            driver = "sqlite"
            file = "cluster.db"

            [node]
            name = "mim{index + 1}@localhost"
            address = "127.0.0.1"
            silo_port = {ports[0]}
            gateway_port = {ports[1]}
            discovery_port = {ports[2]}
            data_directory = "data{index + 1}"
            """);
        return path;
    }
}
