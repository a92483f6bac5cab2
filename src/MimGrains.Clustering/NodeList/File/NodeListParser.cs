using System.Globalization;
using System.Net;
using MimGrains.Core.Identity;

namespace MimGrains.Clustering.NodeList;

// file  := words between CR, LF, spaces and tabs; from '#' to the end of the line: a comment
// word  := name '@' host [':' silo [':' gateway [':' discovery]]]
// host  := host name | IPv4 | '[' IPv6 ']'
/// <summary>Reads the text of a node-list file: MongooseIM's <c>name@host</c>, with ports where they are not the default.</summary>
/// <remarks>Pure. A bad word is an error with its line, and the others are used. Throws on no text at all.</remarks>
internal static class NodeListParser
{
    /// <summary>Most nodes of a list; the words after them are errors.</summary>
    public const int NodesMax = 1_000;

    /// <summary>Most errors that are kept; the last one then says that there are more.</summary>
    public const int ErrorsMax = 20;

    /// <summary>Longest name of a node, <c>name@host</c>.</summary>
    public const int NameMaxLength = 250;

    private const int ShownMaxLength = 60;
    private const string Form = "allowed: name@host[:silo[:gateway[:discovery]]]";

    /// <summary>Returns the nodes and the errors of a text.</summary>
    public static NodeListText Parse(string text, DefaultPorts defaults)
    {
        var reading = new Reading(defaults);
        foreach (var (line, word) in Words(text))
        {
            reading.Take(line, word);
        }

        return new NodeListText(reading.Nodes, reading.Errors);
    }

    /// <summary>Returns the node that a word stands for, or null and why it stands for none.</summary>
    internal static ListedNode? ParseWord(string word, DefaultPorts defaults, out string problem)
    {
        var at = word.IndexOf('@', StringComparison.Ordinal);
        if (at <= 0 || word.LastIndexOf('@') != at)
        {
            problem = at < 0 ? "has no @ between name and host" : at == 0 ? "has no name before @" : "has more than one @";
            return null;
        }

        var rest = word[(at + 1)..];
        if (SplitHost(rest, out var hostText, out var portsText) is { } badHost)
        {
            problem = badHost;
            return null;
        }

        var name = $"{word[..at]}@{hostText}";
        if (name.Length > NameMaxLength || !name.All(IsOfName))
        {
            problem = name.Length > NameMaxLength
                ? $"is a name of {name.Length} characters; allowed: at most {NameMaxLength}"
                : "holds white space, a control character or bytes that are not UTF-8";
            return null;
        }

        Span<int> ports = [defaults.Silo, defaults.Gateway, defaults.Discovery];
        problem = ReadPorts(portsText, ports) ?? "";
        var host = hostText.StartsWith('[') ? hostText[1..^1] : hostText;
        return problem.Length > 0 ? null : new ListedNode(new NodeName(name), host, ports[0], ports[1], ports[2]);
    }

    // host and host:ports; an IPv6 address has colons of its own and stands in brackets.
    private static string? SplitHost(string rest, out string host, out string? ports)
    {
        var end = rest.StartsWith('[') ? rest.IndexOf(']', StringComparison.Ordinal) + 1 : rest.IndexOf(':', StringComparison.Ordinal);
        end = end < 0 ? rest.Length : end;
        host = rest[..end];
        ports = end == rest.Length ? null : rest[end..];
        if (rest.StartsWith('['))
        {
            return end > 0 && IPAddress.TryParse(host[1..^1], out var address) && host.Contains(':', StringComparison.Ordinal)
                ? Unspecified(address)
                : "has no IPv6 address in its brackets";
        }

        if (ports is not null && IPAddress.TryParse(rest, out _))
        {
            return "has an IPv6 address without brackets; allowed: name@[address]";
        }

        return host.Length == 0 ? "has no host after @" : CheckHost(host);
    }

    // An address in other notations ("1", "0x7f.1") is refused: what looks like an address must be one.
    private static string? CheckHost(string host)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return address.ToString() == host ? Unspecified(address) : $"has the host {Show(host)}, which is no IPv4 address";
        }

        var lastLabel = host.TrimEnd('.');
        lastLabel = lastLabel[(lastLabel.LastIndexOf('.') + 1)..];
        return Uri.CheckHostName(host) != UriHostNameType.Dns || !host.All(char.IsAscii)
            ? $"has the host {Show(host)}, which is neither a host name nor an address"
            : lastLabel.All(char.IsAsciiDigit)
                ? $"has the host {Show(host)}, which is no IPv4 address"
                : null;
    }

    // Bytes that are not UTF-8 were read as U+FFFD.
    private static bool IsOfName(char character) =>
        !char.IsControl(character) && !char.IsWhiteSpace(character) && character != '\uFFFD';

    private static string? Unspecified(IPAddress address) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
            ? $"has the host {address}, to which nobody can connect"
            : null;

    private static string? ReadPorts(string? text, Span<int> ports)
    {
        if (text is null)
        {
            return null;
        }

        if (text[0] != ':')
        {
            return "has something else than a port after its host";
        }

        var parts = text[1..].Split(':', ports.Length + 1);
        if (parts.Length > ports.Length)
        {
            return "has more than three ports";
        }

        for (var i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out ports[i])
                || ports[i] is < 1 or > ushort.MaxValue)
            {
                return $"has the port {Show(parts[i])}; allowed: 1 to 65535";
            }
        }

        return null;
    }

    private static IEnumerable<(int Line, string Word)> Words(string text)
    {
        var line = 1;
        var start = -1;
        var isComment = false;
        for (var i = text.StartsWith('\uFEFF') ? 1 : 0; i <= text.Length; i++)
        {
            var character = i == text.Length ? '\n' : text[i];
            var isLineEnd = character is '\n' or '\r';
            var endsWord = isLineEnd || character is ' ' or '\t' or '#';
            if (endsWord && start >= 0)
            {
                yield return (line, text[start..i]);
                start = -1;
            }
            else if (!endsWord && !isComment && start < 0)
            {
                start = i;
            }

            isComment = !isLineEnd && (isComment || character == '#');
            if (character == '\n' || (character == '\r' && (i + 1 >= text.Length || text[i + 1] != '\n')))
            {
                line++;
            }
        }
    }

    private static string Show(string text)
    {
        var shown = text.Length <= ShownMaxLength ? text : text[..ShownMaxLength] + "...";
        return $"\"{new string([.. shown.Select(character => char.IsControl(character) ? '?' : character)])}\"";
    }

    private sealed class Reading(DefaultPorts defaults)
    {
        private readonly Dictionary<NodeName, int> _lines = [];
        private readonly Dictionary<(string Host, int Port), NodeName> _endpoints = [];

        public List<ListedNode> Nodes { get; } = [];

        public List<NodeListError> Errors { get; } = [];

        public void Take(int line, string word)
        {
            if (ParseWord(word, defaults, out var problem) is not { } node)
            {
                Refuse(line, $"{Show(word)} {problem}; {Form}");
            }
            else if (_lines.TryGetValue(node.Name, out var earlier))
            {
                Refuse(line, $"{node.Name} is listed twice, first in line {earlier}; allowed: once");
            }
            else if (!_endpoints.TryAdd((node.Host.ToUpperInvariant(), node.DiscoveryPort), node.Name))
            {
                var other = _endpoints[(node.Host.ToUpperInvariant(), node.DiscoveryPort)];
                Refuse(line, $"{node.Name} has the host and the discovery port of {other}: {node.Host}, {node.DiscoveryPort}; "
                    + "allowed: another port, as in name@host:silo:gateway:discovery");
            }
            else if (Nodes.Count == NodesMax)
            {
                Refuse(line, $"{node.Name} is one node too many; allowed: {NodesMax}");
            }
            else
            {
                _lines.Add(node.Name, line);
                Nodes.Add(node);
            }
        }

        private void Refuse(int line, string message)
        {
            if (Errors.Count < ErrorsMax)
            {
                Errors.Add(new NodeListError(
                    line, Errors.Count < ErrorsMax - 1 ? message : $"{message} (errors after this one are not shown)"));
            }
        }
    }
}
