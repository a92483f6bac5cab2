using MimGrains.Configuration;
using MimGrains.ProcessSupport;

namespace MimGrains.Hosting.Tests.Silos;

/// <summary>Tests that start silos: one after the other, they have few processors.</summary>
[CollectionDefinition(Name)]
public class SiloTestGroup
{
    public const string Name = "silos";
}

/// <summary>Configurations of one silo on an SQLite file, on free ports.</summary>
internal static class Configurations
{
    public const string AllInCets = """
        [general]
        sm_backend = "cets"
        s2s_backend = "cets"
        component_backend = "cets"
        [internal_databases.cets]

        """;

    public static string Sqlite(TempFolder folder, string node = "") => $"""
        [node]
        name = "mim1@localhost"
        silo_port = 0
        gateway_port = 0
        {node}
        {AllInCets}
        [outgoing_pools.rdbms.default.connection]
        driver = "sqlite"
        file = '{folder.File("mim.db")}'
        """;

    /// <summary>Sets the same by code.</summary>
    public static void SetSqlite(MimGrainsOptions options, TempFolder folder)
    {
        options.Node.SiloPort = 0;
        options.Node.GatewayPort = 0;
        options.UseCets("mongooseim").UseSqlite(folder.File("mim.db"));
    }

    /// <summary>Sets persistent tables alone: what a configuration without internal databases means.</summary>
    public static void SetSqliteWithMnesia(MimGrainsOptions options, TempFolder folder)
    {
        options.Node.SiloPort = 0;
        options.Node.GatewayPort = 0;
        options.UseSqlite(folder.File("mim.db"));
    }
}
