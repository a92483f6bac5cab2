using MimGrains.Configuration;

namespace MimGrains.Hosting.Tests.Configuration;

/// <summary>The options of <c>backend = "file"</c>.</summary>
public sealed class NodeListOptionsTests : IDisposable
{
    private const string Secret = "our cookie of some length";
    private const string Cets = "internal_databases.cets";

    private readonly TemporaryFile _list = new("mim1@localhost\n");

    public void Dispose() => _list.Dispose();

    [Fact]
    public void All_options_of_the_node_list_are_read()
    {
        using var file = new TemporaryFile("x");

        var cets = Parse($"""
            node_list_poll_ms = 250
            confirm_list_jump = true
            cluster_secret_file = '{file.Path}'
            tls_certificate_file = '{file.Path}'
            tls_key_file = '{file.Path}'
            tls_authority_file = '{file.Path}'
            """).InternalDatabases!.Cets!;

        Assert.Equal((250, true), (cets.NodeListPollMs, cets.ConfirmListJump));
        Assert.Equal((null, file.Path), (cets.ClusterSecret, cets.ClusterSecretFile));
        Assert.Equal((file.Path, file.Path, file.Path), (cets.TlsCertificateFile, cets.TlsKeyFile, cets.TlsAuthorityFile));
    }

    [Fact]
    public void A_secret_alone_is_enough_and_is_not_described()
    {
        var options = Parse($"cluster_secret = '{Secret}'");

        Assert.Equal(
            (Secret, 1_000, false),
            (options.InternalDatabases!.Cets!.ClusterSecret, options.InternalDatabases.Cets.NodeListPollMs, options.InternalDatabases.Cets.ConfirmListJump));
        Assert.DoesNotContain(Secret, MimGrainsToml.Describe(options), StringComparison.Ordinal);
        Assert.Contains($"{Cets}.confirm_list_jump = false", MimGrainsToml.Describe(options), StringComparison.Ordinal);
    }

    [Fact]
    public void The_secret_may_come_from_the_environment()
    {
        var options = MimGrainsToml.Parse(
            Document(""), "mim.toml", new Dictionary<string, string> { ["MIM_CETS_CLUSTER_SECRET"] = Secret, ["MIM_CETS_CONFIRM_LIST_JUMP"] = "True" }, out _);

        Assert.Equal((Secret, true), (options.InternalDatabases!.Cets!.ClusterSecret, options.InternalDatabases.Cets.ConfirmListJump));
    }

    [Theory]
    [InlineData("", "mim.toml:3: internal_databases.cets.cluster_secret: found nothing, but internal_databases.cets.backend = \"file\" lets in only nodes that hold the same secret; set it, or internal_databases.cets.cluster_secret_file, or MIM_CETS_CLUSTER_SECRET")]
    [InlineData("cluster_secret = 'fifteen letters'", "mim.toml:5: internal_databases.cets.cluster_secret: found a value that is not shown; allowed: 16 to 1024 characters, none of them a control character")]
    [InlineData("cluster_secret = 1234567890123456", "mim.toml:5: internal_databases.cets.cluster_secret: found a value that is not shown; allowed: 16 to 1024 characters, none of them a control character")]
    [InlineData("cluster_secret_file = '/no/such'", "mim.toml:5: internal_databases.cets.cluster_secret_file: found \"/no/such\", which does not exist (looked for /no/such); allowed: the path of an existing file")]
    [InlineData(Valid + "node_list_poll_ms = 99", "mim.toml:6: internal_databases.cets.node_list_poll_ms: found 99; allowed: 100 to 60000 milliseconds")]
    [InlineData(Valid + "confirm_list_jump = 'yes'", "mim.toml:6: internal_databases.cets.confirm_list_jump: found the string \"yes\"; allowed: true or false")]
    [InlineData(Valid + "[node]\ndiscovery_port = 0", "mim.toml:7: node.discovery_port: found 0, a free port, where the other nodes cannot look for this one; allowed for internal_databases.cets.backend = \"file\": a port from 1 to 65535")]
    public void A_wrong_option_is_the_only_error(string snippet, string expected) => Assert.Equal(
        expected, Assert.Throws<MimGrainsConfigurationException>(() => Parse(snippet)).Message);

    [Fact]
    public void The_secret_and_a_file_with_it_are_one_too_many()
    {
        var error = Assert.Throws<MimGrainsConfigurationException>(() => Parse($"{Valid}cluster_secret_file = '{_list.Path}'")).Errors.Single();

        Assert.Equal(
            (6, $"{Cets}.cluster_secret_file", $"found the secret itself ({Cets}.cluster_secret) too; allowed: one of the two"),
            (error.Line, error.Option, error.Message));
    }

    [Fact]
    public void Tls_needs_all_of_its_files()
    {
        var errors = Assert.Throws<MimGrainsConfigurationException>(() => Parse($"{Valid}tls_key_file = '{_list.Path}'")).Errors;

        Assert.Equal([$"{Cets}.tls_certificate_file", $"{Cets}.tls_authority_file"], errors.Select(error => error.Option));
        Assert.All(errors, error => Assert.Equal(
            $"found nothing, but {Cets}.tls_key_file turns TLS on; allowed: all of tls_certificate_file, tls_key_file, "
            + "tls_authority_file, or none",
            error.Message));
    }

    private const string Valid = $"cluster_secret = '{Secret}'\n";

    private MimGrainsOptions Parse(string snippet) => MimGrainsToml.Parse(Document(snippet), "mim.toml");

    private string Document(string snippet) => $"""
        general = (( sm_backend = 'cets', s2s_backend = 'cets', component_backend = 'cets' ))
        [internal_databases.cets]
        backend = 'file'
        node_list_file = '{_list.Path}'
        {snippet}
        """.Replace("((", "{", StringComparison.Ordinal).Replace("))", "}", StringComparison.Ordinal);
}
