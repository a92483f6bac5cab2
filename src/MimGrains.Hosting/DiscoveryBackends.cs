using MimGrains.Clustering.NodeList;
using MimGrains.Clustering.Rdbms;
using MimGrains.Configuration;
using Orleans.Hosting;

namespace MimGrains.Hosting;

/// <summary>Chooses how silos and clients find each other.</summary>
internal static class DiscoveryBackends
{
    /// <exception cref="MimGrainsConfigurationException">The file with the cluster's secret cannot be used.</exception>
    public static void Use(ISiloBuilder builder, MimGrainsOptions options, CetsOptions cets)
    {
        if (cets.Backend == DiscoveryBackend.File)
        {
            builder.UseNodeListClustering(cets, SecretOf(cets), options.Node);
        }
        else
        {
            builder.UseRdbmsClustering(options.Rdbms!, cets.ClusterName, options.Node);
        }
    }

    /// <exception cref="MimGrainsConfigurationException">The file with the cluster's secret cannot be used.</exception>
    public static void Use(IClientBuilder builder, MimGrainsOptions options, CetsOptions cets)
    {
        if (cets.Backend == DiscoveryBackend.File)
        {
            builder.UseNodeListClustering(cets, SecretOf(cets), options.Node);
        }
        else
        {
            builder.UseRdbmsClustering(options.Rdbms!, cets.ClusterName);
        }
    }

    private static string SecretOf(CetsOptions cets)
    {
        if (cets.ClusterSecret is { } secret)
        {
            return secret;
        }

        const string Option = $"{OptionTable.Cets}.cluster_secret_file";
        var file = cets.ClusterSecretFile!;
        try
        {
            var text = File.ReadAllText(file).Trim();
            return OptionTable.IsClusterSecret(text)
                ? text
                : throw Refused($"holds no secret; allowed: {OptionTable.ByPath[$"{OptionTable.Cets}.cluster_secret"].Allowed}", null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused($"cannot be read: {exception.Message}", exception);
        }

        MimGrainsConfigurationException Refused(string problem, Exception? cause) =>
            new([new ConfigurationError("options", null, Option, $"{file} {problem}")], cause);
    }
}
