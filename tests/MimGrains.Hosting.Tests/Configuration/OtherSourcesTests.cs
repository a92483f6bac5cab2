using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using MimGrains.Configuration;

namespace MimGrains.Hosting.Tests.Configuration;

/// <summary>TOML, <c>IConfiguration</c>, environment and code give one model, by one set of rules.</summary>
public sealed class OtherSourcesTests
{
    private const string Toml = """
        [node]
        name = "mim1@host1"
        address = "10.0.0.1"
        silo_port = 1
        gateway_port = 2
        discovery_port = 3
        health_port = 0
        data_directory = "/var/lib/mim"
        [general]
        sm_backend = "cets"
        s2s_backend = "cets"
        component_backend = "cets"
        [internal_databases.cets]
        backend = "rdbms"
        cluster_name = "blue"
        [outgoing_pools.rdbms.default.connection]
        driver = "pgsql"
        host = "db"
        port = 6432
        database = "mim"
        username = "user"
        password = "secret"
        """;

    private const string Json = """
        { "MimGrains": {
          "Node": { "Name": "mim1@host1", "Address": "10.0.0.1", "Silo_Port": 1, "gateway_port": 2, "discovery_port": 3,
            "health_port": 0, "data_directory": "/var/lib/mim" },
          "general": { "sm_backend": "cets", "s2s_backend": "cets", "component_backend": "cets" },
          "internal_databases": { "cets": { "backend": "rdbms", "cluster_name": "blue", "node_list_file": null } },
          "outgoing_pools": { "rdbms": { "default": { "connection": { "driver": "pgsql", "host": "db", "port": 6432,
            "database": "mim", "username": "user", "password": "secret" } } } }
        } }
        """;

    private static readonly Dictionary<string, string> Variables = new()
    {
        ["MIM_NODE_NAME"] = "mim1@host1",
        ["MIM_NODE_IP"] = "10.0.0.1",
        ["MIM_NODE_SILO_PORT"] = "1",
        ["MIM_NODE_GATEWAY_PORT"] = "2",
        ["MIM_NODE_DISCOVERY_PORT"] = "3",
        ["MIM_NODE_HEALTH_PORT"] = "0",
        ["MIM_NODE_DATA_DIRECTORY"] = "/var/lib/mim",
        ["MIM_GENERAL_SM_BACKEND"] = "cets",
        ["MIM_GENERAL_S2S_BACKEND"] = "cets",
        ["MIM_GENERAL_COMPONENT_BACKEND"] = "cets",
        ["MIM_CETS_BACKEND"] = "rdbms",
        ["MIM_CETS_CLUSTER_NAME"] = "blue",
        ["MIM_CETS_NODE_LIST_FILE"] = "",
        ["MIM_RDBMS_DRIVER"] = "pgsql",
        ["MIM_RDBMS_HOST"] = "db",
        ["MIM_RDBMS_PORT"] = "6432",
        ["MIM_RDBMS_DATABASE"] = "mim",
        ["MIM_RDBMS_USERNAME"] = "user",
        ["MIM_RDBMS_PASSWORD"] = "secret",
        ["PATH"] = "/bin",
    };

    private static MimGrainsOptions Code => new()
    {
        Node = new()
        {
            Name = "mim1@host1", Address = "10.0.0.1", SiloPort = 1, GatewayPort = 2, DiscoveryPort = 3, HealthPort = 0,
            DataDirectory = "/var/lib/mim",
        },
        General = new()
        {
            SmBackend = InternalDatabase.Cets, S2sBackend = InternalDatabase.Cets, ComponentBackend = InternalDatabase.Cets,
        },
        InternalDatabases = new() { Cets = new() { ClusterName = "blue" } },
        Rdbms = new() { Host = "db", Port = 6432, Database = "mim", Username = "user", Password = "secret" },
    };

    [Fact]
    public void Every_source_gives_the_same_model()
    {
        var expected = Show(Code);

        Assert.True(new MimGrainsOptionsValidator().Validate(null, Code).Succeeded);
        Assert.Equal(expected, Show(MimGrainsToml.Parse(Toml, "mim.toml")));
        Assert.Equal(expected, Show(MimGrainsConfiguration.Bind(FromJson(Json))));
        Assert.Equal(expected, Show(MimGrainsConfiguration.FromEnvironment(Variables, out var warnings)));
        Assert.Empty(warnings);
    }

    [Fact]
    public void Empty_sections_of_a_configuration_enable_databases()
    {
        const string Both = """
            { "MimGrains": { "internal_databases": { "mnesia": {}, "cets": {} },
              "outgoing_pools:rdbms:default:connection": { "driver": "sqlite", "file": "mim.db" } } }
            """;

        var databases = MimGrainsConfiguration.Bind(FromJson(Both)).InternalDatabases!;

        Assert.NotNull(databases.Mnesia);
        Assert.NotNull(databases.Cets);
    }

    [Fact]
    public void Errors_of_a_configuration_name_its_paths()
    {
        var json = Json.Replace("\"Silo_Port\": 1", "\"Silo_Port\": \"one\"", StringComparison.Ordinal)
            .Replace("\"db\"", "\"d b\"", StringComparison.Ordinal)
            .Replace("cluster_name", "clustername", StringComparison.Ordinal);

        var exception = Assert.Throws<MimGrainsConfigurationException>(() => MimGrainsConfiguration.Bind(FromJson(json)));

        Assert.Equal(
            [
                "MimGrains:internal_databases:cets:clustername: internal_databases.cets.clustername: unknown option; allowed "
                + "here: backend, cluster_name, node_list_file, node_list_poll_ms, confirm_list_jump, cluster_secret, "
                + "cluster_secret_file, tls_certificate_file, tls_key_file, tls_authority_file; "
                + "did you mean internal_databases.cets.cluster_name?",
                "MimGrains:Node:Silo_Port: node.silo_port: found \"one\"; allowed: a port from 1 to 65535, or 0 for a free one",
                "MimGrains:outgoing_pools:rdbms:default:connection:host: outgoing_pools.rdbms.default.connection.host: "
                + "found \"d b\"; allowed: a host name or an IP address, without white space",
            ],
            exception.Errors.Select(error => error.ToString()).Order(StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void An_empty_configuration_is_refused_by_the_same_rule_as_an_empty_file()
    {
        var configuration = Assert.Throws<MimGrainsConfigurationException>(
            () => MimGrainsConfiguration.Bind(FromJson("{}"))).Errors.Single();
        var file = Assert.Throws<MimGrainsConfigurationException>(() => MimGrainsToml.Parse("", "mim.toml")).Errors.Single();

        Assert.Equal("MimGrains", configuration.Source);
        Assert.Equal(file.Message, configuration.Message);
    }

    [Fact]
    public void Code_is_refused_by_the_same_rules_with_all_failures_at_once()
    {
        var options = Code;
        options.Node.SiloPort = 70_000;
        options.Node.Address = null!;
        options.General.SmBackend = (InternalDatabase)7;
        options.Rdbms!.File = "mim.db";
        options.Rdbms.Database = null;

        var failures = new MimGrainsOptionsValidator().Validate(null, options).Failures!.ToArray();
        var exception = Assert.Throws<MimGrainsConfigurationException>(() => MimGrainsOptionsValidator.ThrowIfInvalid(options));

        Assert.Equal(
            [
                "node.address: found \"\"; allowed: an IPv4 or IPv6 address that other nodes can connect to",
                "node.silo_port: found 70000; allowed: a port from 1 to 65535, or 0 for a free one",
                "general.sm_backend: found \"7\"; allowed: \"cets\" or \"mnesia\"",
                "outgoing_pools.rdbms.default.connection.database: found nothing; driver = \"pgsql\" requires it",
                "outgoing_pools.rdbms.default.connection.file: is only for driver = \"sqlite\"; found driver = \"pgsql\"; "
                + "remove one of them",
            ],
            failures);
        Assert.Equal(failures.Select(failure => $"options: {failure}"), exception.Errors.Select(error => error.ToString()));
    }

    private static string Show(MimGrainsOptions options) => JsonSerializer.Serialize(options);

    private static IConfiguration FromJson(string json) => new ConfigurationBuilder()
        .AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build().GetSection("MimGrains");
}
