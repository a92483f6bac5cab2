namespace MimGrains.Clustering.NodeList;

/// <summary>Who this process is to the others.</summary>
/// <param name="Cluster">The cluster's name with the version of what silos say to each other.</param>
/// <param name="Node"><c>name@host</c>; a client has no node and calls itself what it likes.</param>
/// <param name="Secret">What all nodes of the cluster hold.</param>
internal sealed record DiscoveryIdentity(string Cluster, string Node, SharedSecret Secret);
