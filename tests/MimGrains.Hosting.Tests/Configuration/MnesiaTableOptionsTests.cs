using System.Text;
using Microsoft.Extensions.Configuration;
using MimGrains.Configuration;
using MimGrains.Persistent;

namespace MimGrains.Hosting.Tests.Configuration;

/// <summary>What is set for single persistent tables.</summary>
public sealed class MnesiaTableOptionsTests
{
    private const string Toml = """
        [internal_databases.mnesia.tables.session]
        storage = "disc_copies"
        fragments = 8
        [internal_databases.mnesia.tables]
        "Archive.2026" = { storage = "disc_only_copies" }
        ram = { storage = "ram_copies" }
        as_declared = {}
        [outgoing_pools.rdbms.default.connection]
        driver = "sqlite"
        file = "mim.db"
        """;

    private const string Json = """
        { "MimGrains": {
          "Internal_Databases": { "Mnesia": { "Tables": {
            "session": { "Storage": "disc_copies", "fragments": 8 }, "Archive.2026": { "storage": "disc_only_copies" },
            "ram": { "storage": "ram_copies" }, "as_declared": {} } } },
          "outgoing_pools:rdbms:default:connection": { "driver": "sqlite", "file": "mim.db" } } }
        """;

    [Fact]
    public void Tables_of_a_file_know_their_lines()
    {
        var options = MimGrainsToml.Parse(Toml, "mim.toml");

        Assert.Equal(
            [("Archive.2026", StorageType.DiscOnly, null, "mim.toml:5"), ("as_declared", null, null, "mim.toml:7"),
                ("ram", StorageType.Ram, null, "mim.toml:6"), ("session", StorageType.Disc, 8, "mim.toml:1")],
            Show(options));
        var lines = MimGrainsToml.Describe(options).Split(Environment.NewLine);
        Assert.Contains("internal_databases.mnesia.tables.session.storage = \"disc_copies\"", lines);
        Assert.Contains("internal_databases.mnesia.tables.session.fragments = 8", lines);
        Assert.Contains("internal_databases.mnesia.tables.\"Archive.2026\".storage = \"disc_only_copies\"", lines);
        Assert.DoesNotContain(lines, line => line.Contains("as_declared", StringComparison.Ordinal));
    }

    [Fact]
    public void Tables_of_a_configuration_keep_the_case_of_their_names()
    {
        var options = Bind(Json);

        const string Path = "MimGrains:Internal_Databases:Mnesia:Tables:";
        Assert.Equal(
            [("Archive.2026", StorageType.DiscOnly, null, Path + "Archive.2026"), ("as_declared", null, null, Path + "as_declared"),
                ("ram", StorageType.Ram, null, Path + "ram"), ("session", StorageType.Disc, 8, Path + "session")],
            Show(options));
    }

    [Fact]
    public void Errors_of_a_configuration_name_its_path() => Assert.Equal(
        "MimGrains:Internal_Databases:Mnesia:Tables:session:fragments: internal_databases.mnesia.tables.session.fragments: "
        + "found 80; allowed: 1 to 64 fragments",
        Assert.Throws<MimGrainsConfigurationException>(
            () => Bind(Json.Replace("\"fragments\": 8", "\"fragments\": 80", StringComparison.Ordinal))).Message);

    [Fact]
    public void Code_is_refused_by_the_same_rules()
    {
        var options = MimGrainsToml.Parse(Toml, "mim.toml");
        options.InternalDatabases!.Mnesia!.Tables["session"].Fragments = 0;
        options.InternalDatabases.Mnesia.Tables["ram"].Storage = (StorageType)9;

        Assert.Equal(
            [
                "internal_databases.mnesia.tables.ram.storage: found \"9\"; allowed: \"disc_copies\" or \"disc_only_copies\" or "
                + "\"ram_copies\"",
                "internal_databases.mnesia.tables.session.fragments: found 0; allowed: 1 to 64 fragments",
            ],
            new MimGrainsOptionsValidator().Validate(null, options).Failures);
    }

    private static IEnumerable<(string Name, StorageType? Storage, int? Fragments, string? Origin)> Show(MimGrainsOptions options) =>
        options.InternalDatabases!.Mnesia!.Tables
            .Select(table => (table.Key, table.Value.Storage, table.Value.Fragments, table.Value.Origin));

    private static MimGrainsOptions Bind(string json) => MimGrainsConfiguration.Bind(
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build().GetSection("MimGrains"));
}
