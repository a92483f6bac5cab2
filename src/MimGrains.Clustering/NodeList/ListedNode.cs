using MimGrains.Core.Identity;

namespace MimGrains.Clustering.NodeList;

/// <summary>A line of the node list: a node and where it listens.</summary>
/// <param name="Name">Says which node it is. Two lines with one name are a mistake in the file, whatever their ports.</param>
/// <param name="Host">What comes after the @: an IPv4 address, an IPv6 address without brackets, or a host name.</param>
/// <param name="SiloPort">Port between silos; the line's own, or the configured one.</param>
/// <param name="GatewayPort">Port for Orleans clients; the line's own, or the configured one.</param>
/// <param name="DiscoveryPort">Port of the <see cref="IDiscoveryTransport"/>; the line's own, or the configured one.</param>
internal sealed record ListedNode(NodeName Name, string Host, int SiloPort, int GatewayPort, int DiscoveryPort);
