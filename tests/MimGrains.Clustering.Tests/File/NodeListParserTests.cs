using MimGrains.Clustering.NodeList;
using MimGrains.Core.Identity;

namespace MimGrains.Clustering.Tests;

public sealed class NodeListParserTests
{
    private static readonly DefaultPorts Defaults = new(11111, 30000, 11112);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 200)];

    [Theory]
    [InlineData("mim1@localhost", "mim1@localhost", "localhost", 11111, 30000, 11112)]
    [InlineData("mim1@10.0.0.1", "mim1@10.0.0.1", "10.0.0.1", 11111, 30000, 11112)]
    [InlineData("mim1@10.0.0.1:1", "mim1@10.0.0.1", "10.0.0.1", 1, 30000, 11112)]
    [InlineData("mim1@10.0.0.1:1:2", "mim1@10.0.0.1", "10.0.0.1", 1, 2, 11112)]
    [InlineData("mim1@10.0.0.1:1:2:65535", "mim1@10.0.0.1", "10.0.0.1", 1, 2, 65535)]
    [InlineData("mim1@[fe80::1]", "mim1@[fe80::1]", "fe80::1", 11111, 30000, 11112)]
    [InlineData("mim1@[::1]:1:2:3", "mim1@[::1]", "::1", 1, 2, 3)]
    [InlineData("mim1@mim-1.mim.svc.cluster.local:1", "mim1@mim-1.mim.svc.cluster.local", "mim-1.mim.svc.cluster.local", 1, 30000, 11112)]
    [InlineData("größe@host", "größe@host", "host", 11111, 30000, 11112)]
    public void A_word_is_a_node(string word, string name, string host, int silo, int gateway, int discovery)
    {
        var read = NodeListParser.Parse(word, Defaults);

        Assert.Empty(read.Errors);
        Assert.Equal([new ListedNode(new NodeName(name), host, silo, gateway, discovery)], read.Nodes);
    }

    [Theory]
    [InlineData("mim1", "has no @ between name and host")]
    [InlineData("@host", "has no name before @")]
    [InlineData("mim1@", "has no host after @")]
    [InlineData("a@b@c", "has more than one @")]
    [InlineData("mim1@:1", "has no host after @")]
    [InlineData("mim1@host:", "has the port \"\"; allowed: 1 to 65535")]
    [InlineData("mim1@host:0", "has the port \"0\"")]
    [InlineData("mim1@host:65536", "has the port \"65536\"")]
    [InlineData("mim1@host:-1", "has the port \"-1\"")]
    [InlineData("mim1@host:1:2:3:4", "has more than three ports")]
    [InlineData("mim1@10.0.0.256", "which is no IPv4 address")]
    [InlineData("mim1@10.1", "which is no IPv4 address")]
    [InlineData("mim1@0x7f000001", "which is no IPv4 address")]
    [InlineData("mim1@0.0.0.0", "to which nobody can connect")]
    [InlineData("mim1@[::]", "to which nobody can connect")]
    [InlineData("mim1@fe80::1", "without brackets; allowed: name@[address]")]
    [InlineData("mim1@[::1", "has no IPv6 address in its brackets")]
    [InlineData("mim1@[10.0.0.1]", "has no IPv6 address in its brackets")]
    [InlineData("mim1@[::1]1", "has something else than a port after its host")]
    [InlineData("mim1@ho$t", "neither a host name nor an address")]
    [InlineData("mi\u0001m1@host", "holds white space, a control character or bytes that are not UTF-8")]
    [InlineData("m\uFFFDm1@host", "holds white space, a control character or bytes that are not UTF-8")]
    public void A_bad_word_is_an_error_with_its_line_and_the_rest_is_used(string word, string message)
    {
        var read = NodeListParser.Parse($"one@host\n\n  {word}\r\ntwo@host2\n", Defaults);

        Assert.Equal(["one@host", "two@host2"], read.Nodes.Select(node => node.Name.Value));
        var error = Assert.Single(read.Errors);
        Assert.Equal(3, error.Line);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Carriage_returns_newlines_spaces_and_tabs_separate_and_comments_are_ignored()
    {
        var read = NodeListParser.Parse("\uFEFF# all of them\ra@h1 b@h2\tc@h3\r\n\n# d@h4\n  e@h5#f@h6\n   \r\rbad", Defaults);

        Assert.Equal(["a@h1", "b@h2", "c@h3", "e@h5"], read.Nodes.Select(node => node.Name.Value));
        Assert.Equal([8], read.Errors.Select(error => error.Line));
    }

    [Fact]
    public void A_node_that_is_listed_twice_is_an_error_whatever_its_ports()
    {
        var read = NodeListParser.Parse("a@host\nb@host:1:2:3\na@host:4:5:6\n", Defaults);

        Assert.Equal([11112, 3], read.Nodes.Select(node => node.DiscoveryPort));
        Assert.Equal([new NodeListError(3, "a@host is listed twice, first in line 1; allowed: once")], read.Errors);
    }

    [Fact]
    public void Two_nodes_at_one_place_are_an_error()
    {
        var read = NodeListParser.Parse("a@host b@HOST", Defaults);

        Assert.Equal(["a@host"], read.Nodes.Select(node => node.Name.Value));
        Assert.StartsWith("b@HOST has the host and the discovery port of a@host", Assert.Single(read.Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_nodes_and_too_many_errors_are_cut_off()
    {
        var many = string.Join('\n', Enumerable.Range(1, NodeListParser.NodesMax + 50).Select(i => $"mim{i}@host{i}"));

        var read = NodeListParser.Parse(many, Defaults);

        Assert.Equal(NodeListParser.NodesMax, read.Nodes.Count);
        Assert.Equal(NodeListParser.ErrorsMax, read.Errors.Count);
        Assert.EndsWith("(errors after this one are not shown)", read.Errors[^1].Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Any_text_is_read_without_an_exception_and_what_is_read_is_read_again(int seed)
    {
        var random = new Random(seed);
        string[] pieces = ["@", ":", "[", "]", "#", " ", "\n", "\r\n", "\t", "::1", "10.0.0.1", "host", "a", "b", "0", "99999", "\0", "é", "\uD800", "%eth0", "."];
        var text = string.Concat(Enumerable.Range(0, random.Next(0, 400)).Select(_ => pieces[random.Next(pieces.Length)]));

        var read = NodeListParser.Parse(text, Defaults);

        var lines = text.Split('\n').Length + text.Count(character => character == '\r');
        Assert.InRange(read.Errors.Count, 0, NodeListParser.ErrorsMax);
        Assert.All(read.Errors, error => Assert.InRange(error.Line, 1, lines));
        Assert.All(read.Errors, error => Assert.InRange(error.Message.Length, 1, 1_000));
        Assert.Equal(read.Nodes.Count, read.Nodes.Select(node => node.Name).Distinct().Count());
        var again = string.Join('\n', read.Nodes.Select(
            node => $"{node.Name}:{node.SiloPort}:{node.GatewayPort}:{node.DiscoveryPort}"));
        Assert.Equal(read.Nodes, NodeListParser.Parse(again, default).Nodes);
    }
}
