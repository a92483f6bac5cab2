namespace MimGrains.Clustering;

/// <summary>Separates clusters that share a database.</summary>
public static class ClusterNamespace
{
    /// <summary>The version of what silos say to each other. Silos of different versions never see each other.</summary>
    public const string WireVersion = "1.0";

    /// <summary>Returns the namespace of a cluster: its name, a hyphen and <see cref="WireVersion"/>.</summary>
    public static string Of(string clusterName) => $"{clusterName}-{WireVersion}";
}
