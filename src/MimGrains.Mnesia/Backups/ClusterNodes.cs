using Orleans.Runtime;

namespace MimGrains.Mnesia.Backups;

/// <summary>The nodes of the cluster as its membership names them.</summary>
internal sealed class ClusterNodes(ILocalSiloDetails local, IClusterMembershipService membership) : IBackupNodes
{
    public string Own => local.Name;

    public IReadOnlyList<string> All =>
    [
        .. membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active)
            .Select(member => member.Name)
            .Append(local.Name)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];
}
