using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>What <c>backend = "file"</c> needs: a list, a secret, a fixed port, and all files of TLS or none.</summary>
internal static class NodeListRules
{
    private const string Backend = $"{OptionTable.Cets}.backend";
    private const string NodeListFile = $"{OptionTable.Cets}.node_list_file";
    private const string Secret = $"{OptionTable.Cets}.cluster_secret";
    private const string SecretFile = $"{OptionTable.Cets}.cluster_secret_file";
    private const string DiscoveryPort = $"{OptionTable.Node}.discovery_port";

    private static readonly string[] TlsFiles = ["tls_certificate_file", "tls_key_file", "tls_authority_file"];
    private static readonly string[] Files = ["node_list_file", "cluster_secret_file", .. TlsFiles];

    /// <summary>Returns every rule that is broken.</summary>
    public static IEnumerable<BrokenRule> Check(MimGrainsOptions options) =>
        options.InternalDatabases?.Cets is { } cets
            ? [.. MissingFiles(options), .. Needed(options, cets), .. Tls(options)]
            : [];

    private static IEnumerable<BrokenRule> MissingFiles(MimGrainsOptions options)
    {
        foreach (var path in Files.Select(name => $"{OptionTable.Cets}.{name}"))
        {
            // An unusable path is the option's own error.
            var option = OptionTable.ByPath[path];
            if (option.Show(options)?[1..^1] is { } file && option.IsAllowed(options) && !File.Exists(file))
            {
                yield return new(path, $"found \"{file}\", which does not exist (looked for "
                    + $"{Path.GetFullPath(file)}); allowed: the path of an existing file");
            }
        }
    }

    private static IEnumerable<BrokenRule> Needed(MimGrainsOptions options, CetsOptions cets)
    {
        if (cets is { ClusterSecret: not null, ClusterSecretFile: not null })
        {
            yield return new(SecretFile, $"found the secret itself ({Secret}) too; allowed: one of the two", Secret);
        }

        if (cets.Backend != DiscoveryBackend.File)
        {
            yield break;
        }

        if (cets.NodeListFile is null)
        {
            yield return new(NodeListFile,
                $"Specify {NodeListFile}: found nothing, but {Backend} = \"file\" reads the list of nodes from it",
                Backend);
        }

        if (cets is { ClusterSecret: null, ClusterSecretFile: null })
        {
            yield return new(Secret,
                $"found nothing, but {Backend} = \"file\" lets in only nodes that hold the same secret; set it, or "
                + $"{SecretFile}, or {OptionTable.ByPath[Secret].Variable}",
                Backend);
        }

        if (options.Node.DiscoveryPort == 0)
        {
            yield return new(DiscoveryPort,
                $"found 0, a free port, where the other nodes cannot look for this one; allowed for {Backend} = \"file\": "
                + "a port from 1 to 65535",
                Backend);
        }
    }

    private static IEnumerable<BrokenRule> Tls(MimGrainsOptions options)
    {
        var paths = TlsFiles.Select(name => $"{OptionTable.Cets}.{name}").ToArray();
        var set = paths.Where(path => OptionTable.ByPath[path].Show(options) is not null).ToArray();
        return set.Length == 0
            ? []
            : paths.Except(set).Select(path => new BrokenRule(
                path, $"found nothing, but {set[0]} turns TLS on; allowed: all of {string.Join(", ", TlsFiles)}, or none", set));
    }
}
