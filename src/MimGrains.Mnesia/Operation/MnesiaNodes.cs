using MimGrains.Clustering;

namespace MimGrains.Mnesia.Operation;

/// <summary>The nodes of the cluster, in Mnesia's words.</summary>
internal sealed class MnesiaNodes(IClusterMembershipService membership, ILocalSiloDetails self, IServiceProvider services)
{
    /// <summary>Returns <c>running_db_nodes</c>, ascending.</summary>
    public string[] Running() =>
    [
        .. membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active)
            .Select(member => member.Name)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Returns <c>db_nodes</c>, ascending: those that run, and those that are known besides.</summary>
    public string[] Known() => [.. Listed().Union(Running(), StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private IEnumerable<string> Listed() =>
        (services.GetService(typeof(INodeRegistry)) as INodeRegistry)?.Nodes.Select(node => node.Name) ?? [self.Name];
}
