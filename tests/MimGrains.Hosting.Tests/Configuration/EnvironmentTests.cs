namespace MimGrains.Hosting.Tests.Configuration;

public sealed class EnvironmentTests
{
    private const string Toml = """
        [node]
        silo_port = 1000
        [outgoing_pools.rdbms.default.connection]
        driver = "pgsql"
        database = "mim"
        username = "mim"
        """;

    [Fact]
    public void Variables_override_the_file()
    {
        var options = MimGrainsToml.Parse(
            Toml,
            "mim.toml",
            new Dictionary<string, string> { ["MIM_NODE_IP"] = "::1", ["MIM_NODE_SILO_PORT"] = "2000", ["MIM_RDBMS_PASSWORD"] = "p w" },
            out var warnings);

        Assert.Equal(("::1", 2000, "p w"), (options.Node.Address, options.Node.SiloPort, options.Rdbms!.Password));
        Assert.Empty(warnings);
    }

    [Fact]
    public void An_empty_variable_is_not_set()
    {
        var options = MimGrainsToml.Parse(
            Toml, "mim.toml", new Dictionary<string, string> { ["MIM_NODE_IP"] = "", ["MIM_NODE_SILO_PORT"] = "" }, out _);

        Assert.Equal(("127.0.0.1", 1000), (options.Node.Address, options.Node.SiloPort));
    }

    [Theory]
    [InlineData("MIM_NODE_IP", "host1", "node.address: found \"host1\"; allowed: an IPv4 or IPv6 address that other nodes can connect to")]
    [InlineData("MIM_NODE_SILO_PORT", "1.5", "node.silo_port: found \"1.5\"; allowed: a port from 1 to 65535, or 0 for a free one")]
    [InlineData("MIM_NODE_SILO_PORT", "70000", "node.silo_port: found 70000; allowed: a port from 1 to 65535, or 0 for a free one")]
    [InlineData("MIM_GENERAL_SM_BACKEND", "mnesja", "general.sm_backend: found \"mnesja\"; allowed: \"cets\" or \"mnesia\"; did you mean \"mnesia\"?")]
    [InlineData("MIM_RDBMS_FILE", "mim.db", "outgoing_pools.rdbms.default.connection.file: is only for driver = \"sqlite\"; found driver = \"pgsql\"; remove one of them")]
    public void A_bad_value_names_its_variable(string variable, string value, string expected)
    {
        var exception = Assert.Throws<MimGrainsConfigurationException>(() => MimGrainsToml.Parse(
            Toml, "mim.toml", new Dictionary<string, string> { [variable] = value }, out _));

        Assert.Equal($"{variable}: {expected}", exception.Message);
    }

    [Fact]
    public void Variables_and_file_are_refused_together()
    {
        var exception = Assert.Throws<MimGrainsConfigurationException>(() => MimGrainsToml.Parse(
            Toml.Replace("1000", "true", StringComparison.Ordinal),
            "mim.toml",
            new Dictionary<string, string> { ["MIM_RDBMS_PORT"] = "x" },
            out _));

        Assert.Equal(["mim.toml", "MIM_RDBMS_PORT"], exception.Errors.Select(error => error.Source));
    }

    [Fact]
    public void An_option_of_cets_enables_the_section_as_it_would_in_the_file()
    {
        var exception = Assert.Throws<MimGrainsConfigurationException>(() => MimGrainsToml.Parse(
            Toml, "mim.toml", new Dictionary<string, string> { ["MIM_CETS_CLUSTER_NAME"] = "blue" }, out _));

        Assert.Equal("MIM_CETS_CLUSTER_NAME", exception.Errors.Single().Source);
        Assert.Contains("general.sm_backend = \"mnesia\" needs [internal_databases.mnesia]", exception.Message);
    }

    [Fact]
    public void Unknown_variables_are_warnings()
    {
        var options = MimGrainsToml.Parse(
            Toml,
            "mim.toml",
            new Dictionary<string, string> { ["MIM_NODE_SILOPORT"] = "1", ["MIM_SOMETHING_ELSE"] = "1", ["mim_node_ip"] = "::1", ["HOME"] = "/" },
            out var warnings);

        Assert.Equal("127.0.0.1", options.Node.Address);
        Assert.Equal(
            [
                "MIM_NODE_SILOPORT: no option has this environment variable; did you mean MIM_NODE_SILO_PORT?",
                "MIM_SOMETHING_ELSE: no option has this environment variable",
                "mim_node_ip: no option has this environment variable; did you mean MIM_NODE_IP?",
            ],
            warnings);
    }
}
