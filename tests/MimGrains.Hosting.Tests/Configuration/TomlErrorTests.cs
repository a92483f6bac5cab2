namespace MimGrains.Hosting.Tests.Configuration;

public sealed class TomlErrorTests
{
    /// <summary>A valid document of four lines, that the snippets follow from line 5 on.</summary>
    private const string Valid = """
        general = { sm_backend = "cets", s2s_backend = "cets", component_backend = "cets" }
        internal_databases.cets.cluster_name = "blue"
        outgoing_pools.rdbms.default.connection = { driver = "sqlite", file = "mim.db" }
        # end

        """;

    private const string Cets = "general = { sm_backend = 'cets', s2s_backend = 'cets', component_backend = 'cets' }\n"
        + "[internal_databases.cets]\n";

    private const string Pgsql = "[outgoing_pools.rdbms.default.connection]\ndriver = 'pgsql'\ndatabase = 'mim'\nusername = 'mim'\n";

    private const string Sqlite = "[outgoing_pools.rdbms.default.connection]\ndriver = 'sqlite'\nfile = 'mim.db'\n";

    private const string PoolPath = "outgoing_pools.rdbms.default.connection";

    /// <summary>A snippet after <see cref="Valid"/> and its only error.</summary>
    [Theory]
    [InlineData("[node]\nsilo_port = '11111'", "mim.toml:6: node.silo_port: found the string \"11111\"; allowed: a port from 1 to 65535, or 0 for a free one")]
    [InlineData("[node]\nsilo_port = 65536", "mim.toml:6: node.silo_port: found 65536; allowed: a port from 1 to 65535, or 0 for a free one")]
    [InlineData("[node]\nsilo_port = -1", "mim.toml:6: node.silo_port: found -1; allowed: a port from 1 to 65535, or 0 for a free one")]
    [InlineData("[node]\ngateway_port = 99999999999", "mim.toml:6: node.gateway_port: found an integer, 99999999999; allowed: a port from 1 to 65535, or 0 for a free one")]
    [InlineData("[node]\nhealth_port = 1.5", "mim.toml:6: node.health_port: found a float, 1.5; allowed: a port from 1 to 65535, or 0 for a free one")]
    [InlineData("[node]\ndiscovery_port = [1]", "mim.toml:6: node.discovery_port: found an array; allowed: a port from 1 to 65535, or 0 for a free one")]
    [InlineData("[node]\nhealth_port = 11111", "mim.toml:6: node.health_port: found 11111, which is node.silo_port too; allowed: a port that nothing else listens on")]
    [InlineData("[node]\nname = 'mim1'", "mim.toml:6: node.name: found \"mim1\"; allowed: name@host, 1 to 250 characters without white space")]
    [InlineData("[node]\nname = 'mim@a@b'", "mim.toml:6: node.name: found \"mim@a@b\"; allowed: name@host, 1 to 250 characters without white space")]
    [InlineData("[node]\naddress = 'localhost'", "mim.toml:6: node.address: found \"localhost\"; allowed: an IPv4 or IPv6 address that other nodes can connect to")]
    [InlineData("[node]\naddress = '0.0.0.0'", "mim.toml:6: node.address: found \"0.0.0.0\"; allowed: an IPv4 or IPv6 address that other nodes can connect to")]
    [InlineData("[node]\naddress = '1'", "mim.toml:6: node.address: found \"1\"; allowed: an IPv4 or IPv6 address that other nodes can connect to")]
    [InlineData("[node]\naddress = 2026-01-02", "mim.toml:6: node.address: found a date or time; allowed: an IPv4 or IPv6 address that other nodes can connect to")]
    [InlineData("[node]\ndata_directory = ''", "mim.toml:6: node.data_directory: found \"\"; allowed: a path of at least 1 character, none of them a control character")]
    [InlineData("[node.data_directory]", "mim.toml:5: node.data_directory: found a section; allowed: a path of at least 1 character, none of them a control character")]
    [InlineData("[node]\nsiloport = 1", "mim.toml:6: node.siloport: unknown option; allowed here: name, address, silo_port, gateway_port, discovery_port, health_port, data_directory, crash_detection; did you mean node.silo_port?")]
    [InlineData("[node]\ncolour = 1", "mim.toml:6: node.colour: unknown option; allowed here: name, address, silo_port, gateway_port, discovery_port, health_port, data_directory, crash_detection")]
    [InlineData("[node]\ncluster_name = 'x'", "mim.toml:6: node.cluster_name: unknown option; allowed here: name, address, silo_port, gateway_port, discovery_port, health_port, data_directory, crash_detection; did you mean internal_databases.cets.cluster_name?")]
    [InlineData("[Node]\n", "mim.toml:5: Node: unknown section; allowed here: node, general, internal_databases, modules, services, auth, outgoing_pools; did you mean node?")]
    [InlineData("[nodes]\nname = 'a@b'", "mim.toml:5: nodes: unknown section; allowed here: node, general, internal_databases, modules, services, auth, outgoing_pools; did you mean node?")]
    [InlineData("[[node]]\nname = 'a@b'", "mim.toml:5: node: found an array; allowed: a section with name, address, silo_port, gateway_port, discovery_port, health_port, data_directory, crash_detection")]
    [InlineData("node = 5", "mim.toml:5: node: found an integer; allowed: a section with name, address, silo_port, gateway_port, discovery_port, health_port, data_directory, crash_detection")]
    [InlineData("\"node.name\" = 'a@b'", "mim.toml:5: \"node.name\": unknown option; allowed here: node, general, internal_databases, modules, services, auth, outgoing_pools; did you mean node.name?")]
    [InlineData("[internal_databases.mnesia]\nbackend = 'x'", "mim.toml:6: internal_databases.mnesia.backend: unknown option; allowed here: tables")]
    [InlineData("[internal_databases.mnesia]\ntables = 1", "mim.toml:6: internal_databases.mnesia.tables: found an integer; allowed: a section for each table")]
    [InlineData("[internal_databases.mnesia.tables]\nsession = 1", "mim.toml:6: internal_databases.mnesia.tables.session: found an integer; allowed: a section with storage, fragments")]
    [InlineData("[internal_databases.mnesia.tables.session]\nstorage = 'disc'", "mim.toml:6: internal_databases.mnesia.tables.session.storage: found the string \"disc\"; allowed: \"disc_copies\" or \"disc_only_copies\" or \"ram_copies\"")]
    [InlineData("[internal_databases.mnesia.tables.session]\nstorage = 'ram_copy'", "mim.toml:6: internal_databases.mnesia.tables.session.storage: found the string \"ram_copy\"; allowed: \"disc_copies\" or \"disc_only_copies\" or \"ram_copies\"; did you mean \"ram_copies\"?")]
    [InlineData("[internal_databases.mnesia.tables.session]\nfragments = 65", "mim.toml:6: internal_databases.mnesia.tables.session.fragments: found 65; allowed: 1 to 64 fragments")]
    [InlineData("[internal_databases.mnesia.tables.'a.b']\nfragments = 0", "mim.toml:6: internal_databases.mnesia.tables.\"a.b\".fragments: found 0; allowed: 1 to 64 fragments")]
    [InlineData("[internal_databases.mnesia.tables.session]\nfragments = '2'", "mim.toml:6: internal_databases.mnesia.tables.session.fragments: found the string \"2\"; allowed: 1 to 64 fragments")]
    [InlineData("[internal_databases.mnesia.tables.session]\nfragment = 2", "mim.toml:6: internal_databases.mnesia.tables.session.fragment: unknown option; allowed here: storage, fragments; did you mean internal_databases.mnesia.tables.session.fragments?")]
    public void A_wrong_setting_is_the_only_error(string snippet, string expected) => Check(Valid + snippet, expected);

    /// <summary>A whole document and its only error.</summary>
    [Theory]
    [InlineData(Cets + "backend = 'rdmbs'\n" + Sqlite, "mim.toml:3: internal_databases.cets.backend: found the string \"rdmbs\"; allowed: \"file\" or \"rdbms\"; did you mean \"rdbms\"?")]
    [InlineData(Cets + "cluster_name = ''\n" + Sqlite, "mim.toml:3: internal_databases.cets.cluster_name: found \"\"; allowed: 1 to 128 characters, none of them white space or a control character")]
    [InlineData(Cets + "cluster_name = 'a b'\n" + Sqlite, "mim.toml:3: internal_databases.cets.cluster_name: found \"a b\"; allowed: 1 to 128 characters, none of them white space or a control character")]
    [InlineData(Cets + "backend = 'file'\ncluster_secret = '0123456789abcdef'", "mim.toml:3: internal_databases.cets.node_list_file: Specify internal_databases.cets.node_list_file: found nothing, but internal_databases.cets.backend = \"file\" reads the list of nodes from it")]
    [InlineData(Cets, "mim.toml:2: " + PoolPath + ": found nothing; add the section [" + PoolPath + "]: internal_databases.cets.backend = \"rdbms\" finds the other nodes through it")]
    [InlineData("", "mim.toml: " + PoolPath + ": found nothing; add the section [" + PoolPath + "]: Mnesia keeps its tables in it, and leaving [internal_databases] out means only Mnesia")]
    [InlineData("[internal_databases.mnesia]", "mim.toml:1: " + PoolPath + ": found nothing; add the section [" + PoolPath + "]: [internal_databases.mnesia] keeps its tables in it")]
    [InlineData("[outgoing_pools.rdbms.default.connection]", "mim.toml:1: " + PoolPath + ".driver: found nothing; allowed: \"pgsql\" or \"sqlite\"")]
    [InlineData("[outgoing_pools.rdbms.default.connection]\ndriver = 'sqlite'", "mim.toml:2: " + PoolPath + ".file: found nothing; driver = \"sqlite\" requires it")]
    [InlineData("[outgoing_pools.rdbms.default.connection]\ndriver = 'pgsql'\nusername = 'mim'", "mim.toml:2: " + PoolPath + ".database: found nothing; driver = \"pgsql\" requires it")]
    [InlineData(Pgsql + "port = 0", "mim.toml:5: " + PoolPath + ".port: found 0; allowed: a port from 1 to 65535")]
    [InlineData(Pgsql + "file = 'mim.db'", "mim.toml:5: " + PoolPath + ".file: is only for driver = \"sqlite\"; found driver = \"pgsql\"; remove one of them")]
    [InlineData(Sqlite + "host = 'localhost'", "mim.toml:4: " + PoolPath + ".host: is only for driver = \"pgsql\"; found driver = \"sqlite\"; remove one of them")]
    [InlineData(Sqlite + "password = 'secret'", "mim.toml:4: " + PoolPath + ".password: is only for driver = \"pgsql\"; found driver = \"sqlite\"; remove one of them")]
    [InlineData(Pgsql + "password = 271828", "mim.toml:5: " + PoolPath + ".password: found a value that is not shown; allowed: a string")]
    [InlineData("[outgoing_pools.rdbms.default]\nconnection = 'Password=secret'", "mim.toml:2: " + PoolPath + ": found a string; allowed: a section with driver, host, port, database, username, password, file")]
    [InlineData("[outgoing_pools.rdms.default.connection]\ndriver = 'sqlite'", "mim.toml:1: outgoing_pools.rdms: unknown section; allowed here: rdbms; did you mean outgoing_pools.rdbms?")]
    public void A_wrong_document_has_only_this_error(string document, string expected) => Check(document, expected);

    [Fact]
    public void A_node_list_file_must_exist()
    {
        var missing = Path.Combine(Path.GetTempPath(), "mim-no-such-file.txt");

        Check(
            $"{Cets}backend = 'file'\nnode_list_file = '{missing}'\ncluster_secret = '0123456789abcdef'",
            $"mim.toml:4: internal_databases.cets.node_list_file: found \"{missing}\", which does not exist "
            + $"(looked for {missing}); allowed: the path of an existing file");
    }

    [Fact]
    public void All_errors_of_a_document_are_reported_together_in_the_order_of_its_lines()
    {
        const string Document = """
            [node]
            silo_port = "a"
            name = "mim"
            [general]
            sm_backend = "cets"
            s2s_backnd = "cets"
            [outgoing_pools.rdbms.default.connection]
            driver = "sqlite"
            port = 5432
            """;

        var exception = Assert.Throws<MimGrainsConfigurationException>(() => MimGrainsToml.Parse(Document, "mim.toml"));

        Assert.Equal(
            ["2 node.silo_port", "3 node.name", "5 internal_databases", "6 general.s2s_backnd",
                $"8 {PoolPath}.file", $"9 {PoolPath}.port"],
            exception.Errors.Select(error => $"{error.Line} {error.Option}"));
        Assert.StartsWith("The configuration has 6 errors:\n  mim.toml:2: node.silo_port: ", exception.Message);
        Assert.Contains("\n  mim.toml:9: ", exception.Message);
    }

    private static void Check(string document, string expected)
    {
        var exception = Assert.Throws<MimGrainsConfigurationException>(() => MimGrainsToml.Parse(document, "mim.toml"));

        Assert.Equal(expected, exception.Message);
        Assert.DoesNotContain("secret", exception.Message);
    }
}
