using MimGrains.Configuration;

namespace MimGrains.Hosting.Tests.Configuration;

/// <summary>The cases of MongooseIM's <c>config_parser_SUITE</c> for internal databases, on our options.</summary>
public sealed class ConfigParserTests
{
    private const string Connection =
        "[outgoing_pools.rdbms.default.connection]\ndriver = \"sqlite\"\nfile = \"mim.db\"\n";

    [Fact]
    public void An_empty_document_with_a_database_means_only_mnesia()
    {
        var options = Parse("");

        Assert.Null(options.InternalDatabases);
        Assert.Equal(InternalDatabase.Mnesia, options.General.SmBackend);
        Assert.Equal(InternalDatabase.Mnesia, options.General.S2sBackend);
        Assert.Equal(InternalDatabase.Mnesia, options.General.ComponentBackend);
    }

    [Fact]
    public void Sm_backend_is_mnesia_or_cets() => CheckBackend("sm_backend", options => options.General.SmBackend);

    [Fact]
    public void S2s_backend_is_mnesia_or_cets() => CheckBackend("s2s_backend", options => options.General.S2sBackend);

    [Fact]
    public void Component_backend_is_mnesia_or_cets() =>
        CheckBackend("component_backend", options => options.General.ComponentBackend);

    [Fact]
    public void Internal_database_cets_has_a_backend_a_cluster_name_and_a_file()
    {
        using var list = new TemporaryFile("mim1@localhost\n");

        var defaults = ParseCets("").InternalDatabases!.Cets!;
        var file = ParseCets($"backend = \"file\"\nnode_list_file = '{list.Path}'\ncluster_secret = '0123456789abcdef'").InternalDatabases!.Cets!;
        var named = ParseCets("backend = \"rdbms\"\ncluster_name = \"blue\"").InternalDatabases!.Cets!;

        Assert.Equal((DiscoveryBackend.Rdbms, "mongooseim", null), (defaults.Backend, defaults.ClusterName, defaults.NodeListFile));
        Assert.Equal((DiscoveryBackend.File, list.Path), (file.Backend, file.NodeListFile));
        Assert.Equal((DiscoveryBackend.Rdbms, "blue"), (named.Backend, named.ClusterName));
        Assert.Contains("allowed: \"file\" or \"rdbms\"", Refuse("[internal_databases.cets]\nbackend = \"redis\"\n"));
        Assert.Contains("found an integer, 1; allowed", Refuse("[internal_databases.cets]\ncluster_name = 1\n"));
        Assert.Contains("found an integer, 1; allowed", Refuse("[internal_databases.cets]\nnode_list_file = 1\n"));
    }

    [Theory]
    [InlineData("[internal_databases]\n")]
    [InlineData("[internal_databases.cets]\n")]
    public void Global_backends_require_their_internal_database(string sections)
    {
        const string Expected = "internal_databases: Some backends require internal databases that are not configured. "
            + "Add the required databases to the 'internal_databases' section. Missing: "
            + "general.sm_backend = \"mnesia\" needs [internal_databases.mnesia], "
            + "general.s2s_backend = \"mnesia\" needs [internal_databases.mnesia], "
            + "general.component_backend = \"mnesia\" needs [internal_databases.mnesia]";

        Assert.Equal("mim.toml:1: " + Expected, Refuse(sections));
    }

    [Fact]
    public void A_cets_backend_without_the_section_is_refused_where_it_is_set() => Assert.Equal(
        "mim.toml:2: internal_databases: Some backends require internal databases that are not configured. "
        + "Add the required databases to the 'internal_databases' section. Missing: "
        + "general.sm_backend = \"cets\" needs [internal_databases.cets]",
        Refuse("[general]\nsm_backend = \"cets\"\n"));

    [Theory]
    [InlineData("[internal_databases.mnesia]\n", "mnesia", "mnesia", "mnesia")]
    [InlineData("[internal_databases.cets]\n", "cets", "cets", "cets")]
    [InlineData("[internal_databases.mnesia]\n[internal_databases.cets]\n", "cets", "mnesia", "cets")]
    [InlineData("[internal_databases]\nmnesia = {}\ncets = { backend = \"rdbms\" }\n", "mnesia", "cets", "mnesia")]
    [InlineData("", "mnesia", "mnesia", "mnesia")]
    public void Backends_of_enabled_databases_are_valid(string sections, string sm, string s2s, string component)
    {
        var general = Parse(
            $"{sections}[general]\nsm_backend = \"{sm}\"\ns2s_backend = \"{s2s}\"\ncomponent_backend = \"{component}\"\n").General;

        Assert.Equal(sm, general.SmBackend.ToString(), ignoreCase: true);
        Assert.Equal(s2s, general.S2sBackend.ToString(), ignoreCase: true);
        Assert.Equal(component, general.ComponentBackend.ToString(), ignoreCase: true);
    }

    // module_backend_requires_internal_db, service_backend_..., auth_backend_...
    [Theory]
    [InlineData("[modules.mod_stream_management]", "modules.mod_stream_management.backend = \"mnesia\"")]
    [InlineData("[modules.mod_muc]", "modules.mod_muc.online_backend = \"mnesia\"")]
    [InlineData("[services.service_bosh]", "services.service_bosh.backend = \"mnesia\"")]
    [InlineData("[auth.anonymous]", "auth.anonymous.backend = \"mnesia\"")]
    public void Backends_of_modules_require_their_internal_database(string section, string missing) => Assert.Contains(
        $"Missing: {missing} needs [internal_databases.mnesia]",
        Assert.Throws<MimGrainsConfigurationException>(() => ParseCets(section)).Message, StringComparison.Ordinal);

    [Fact]
    public void Modules_are_off_without_their_section_and_read_with_it()
    {
        var off = ParseCets("");
        Assert.Null(off.Modules.StreamManagement ?? off.Modules.Muc ?? off.Modules.Caps ?? off.Services.Bosh ?? (object?)off.Auth.Anonymous);

        var on = ParseCets("""
            [modules.mod_stream_management]
            backend = "cets"
            stale_h.enabled = true
            stale_h.geriatric = 60
            [modules.mod_muc]
            online_backend = "cets"
            [modules.mod_caps]
            [services.service_bosh]
            backend = "cets"
            [auth.anonymous]
            backend = "cets"
            """);
        Assert.Equal((InternalDatabase.Cets, true, 60), (on.Modules.StreamManagement!.Backend,
            on.Modules.StreamManagement.StaleH.Enabled, on.Modules.StreamManagement.StaleH.Geriatric));
        Assert.Equal((InternalDatabase.Cets, CapsBackend.Cets), (on.Modules.Muc!.OnlineBackend, on.Modules.Caps!.Backend));
        Assert.Equal((InternalDatabase.Cets, InternalDatabase.Cets), (on.Services.Bosh!.Backend, on.Auth.Anonymous!.Backend));
        Assert.Contains("allowed: \"cets\"", Assert.Throws<MimGrainsConfigurationException>(
            () => ParseCets("[modules.mod_caps]\nbackend = \"mnesia\"")).Message, StringComparison.Ordinal);
    }

    private static void CheckBackend(string name, Func<MimGrainsOptions, InternalDatabase> get)
    {
        const string Both = "[internal_databases.mnesia]\n[internal_databases.cets]\n";

        Assert.Equal(InternalDatabase.Mnesia, get(Parse(Both)));
        Assert.Equal(InternalDatabase.Mnesia, get(Parse($"{Both}[general]\n{name} = \"mnesia\"\n")));
        Assert.Equal(InternalDatabase.Cets, get(Parse($"{Both}[general]\n{name} = \"cets\"\n")));
        Assert.Equal(
            $"mim.toml:4: general.{name}: found the string \"redis\"; allowed: \"cets\" or \"mnesia\"",
            Refuse($"{Both}[general]\n{name} = \"redis\"\n"));
        Assert.Equal(
            $"mim.toml:4: general.{name}: found a boolean, true; allowed: \"cets\" or \"mnesia\"",
            Refuse($"{Both}[general]\n{name} = true\n"));
    }

    private static MimGrainsOptions Parse(string text) => MimGrainsToml.Parse(text + Connection, "mim.toml");

    private static MimGrainsOptions ParseCets(string text) => Parse(
        $"general = {{ sm_backend = 'cets', s2s_backend = 'cets', component_backend = 'cets' }}\n"
        + $"[internal_databases.cets]\n{text}\n");

    // The last error: sections without backends are, on an earlier line, an error of their own.
    private static string Refuse(string text) =>
        Assert.Throws<MimGrainsConfigurationException>(() => Parse(text)).Errors[^1].ToString();
}
