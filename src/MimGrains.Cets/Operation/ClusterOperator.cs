using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Tables;
using MimGrains.Cets.Verify;
using MimGrains.Clustering;
using MimGrains.Operation;
using MimGrains.Tables;

namespace MimGrains.Cets.Operation;

/// <summary>What operators ask of a cluster, from this silo.</summary>
internal sealed class ClusterOperator(
    TableCatalog catalog,
    ReplicaServiceClient services,
    IClusterMembershipService membership,
    ILocalSiloDetails self,
    ReplicaComparer comparer,
    IServiceProvider provider) : IClusterOperator
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private const string Absent = "Absent";

    // A silo may use replicated tables without MimGrains' discovery.
    private readonly INodeRegistry? _registry = provider.GetService<INodeRegistry>();

    public async Task<CetsSystemInfo> SystemInfoAsync(CancellationToken cancellationToken = default)
    {
        var names = LiveMembers().ToDictionary(member => member.SiloAddress.ToParsableString(), NameOf, StringComparer.Ordinal);
        var others = await Task.WhenAll(LiveMembers()
            .Where(member => !member.SiloAddress.Equals(self.SiloAddress))
            .Select(member => AskAsync(member, names, cancellationToken)));
        var own = new NodeTables(self.Name, ToNodes(catalog.Hosts.Select(host => host.Held()), names));
        var discovered = _registry?.Nodes.Select(node => node.Name) ?? names.Values;
        return SystemView.Of(own, others, discovered, _registry?.DiscoveryWorks ?? true);
    }

    public IReadOnlyList<ClusterNode> Nodes()
    {
        var members = LiveMembers().ToLookup(NameOf, StringComparer.Ordinal);
        var listed = (_registry?.Nodes ?? []).ToDictionary(node => node.Name, StringComparer.Ordinal);
        return
        [
            .. members.Select(group => group.Key).Union(listed.Keys).Order(StringComparer.Ordinal).SelectMany(name =>
                members[name].Select(member => new ClusterNode(
                        name, NumberOf(listed, name), member.SiloAddress.ToParsableString(), $"{member.Status}"))
                    .DefaultIfEmpty(new ClusterNode(name, NumberOf(listed, name), Silo: null, Absent))),
        ];
    }

    public IReadOnlyList<TableInfo> Tables() => [.. catalog.Hosts.Select(host => host.Info())];

    public async Task<TableVerification> VerifyAsync(string table, CancellationToken cancellationToken = default)
    {
        var host = HostOf(table);
        var (found, silent) = await comparer.CompareAsync(host, cancellationToken);
        return new TableVerification(
            table,
            [.. found.Replicas.Select(replica => replica.Value)],
            silent.ToDictionary(silo => silo.Key.Value, silo => silo.Value, StringComparer.Ordinal),
            found.Records,
            found.DifferenceCount,
            [.. found.Differences.Take(TableVerification.MaxKeys).Select(difference => host.Describe(difference.Key))]);
    }

    public IAsyncEnumerable<TableChangeText> WatchAsync(string table, CancellationToken cancellationToken = default) =>
        HostOf(table).WatchTextAsync(cancellationToken);

    public async Task<string> EvictAsync(string silo, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(silo);
        var meant = LiveMembers().Where(member => NameOf(member) == silo || member.SiloAddress.ToParsableString() == silo).ToArray();
        if (meant is [])
        {
            throw new KeyNotFoundException(
                $"No silo or node {silo} is alive; there are: {string.Join(", ", LiveMembers().Select(NameOf).Order(StringComparer.Ordinal))}.");
        }

        if (meant.Any(member => member.SiloAddress.Equals(self.SiloAddress)))
        {
            throw new ArgumentException($"{silo} is the silo that was asked: ask another one, or stop it.", nameof(silo));
        }

        foreach (var member in meant)
        {
            if (!await membership.TryKill(member.SiloAddress).WaitAsync(cancellationToken))
            {
                throw new InvalidOperationException($"Membership did not declare {member.SiloAddress.ToParsableString()} dead.");
            }
        }

        return string.Join(", ", meant.Select(member => member.SiloAddress.ToParsableString()));
    }

    public IReadOnlyList<string> ConfirmList() => provider.GetService<INodeListConfirmation>() is { } list
        ? list.Confirm()
        : throw new InvalidOperationException("This cluster does not form from a list of nodes: there is nothing to confirm.");

    private TableHost HostOf(string table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return catalog.Find(table) ?? throw new KeyNotFoundException(
            $"No table {table} on this silo; there are: {string.Join(", ", catalog.Names)}.");
    }

    private IEnumerable<ClusterMember> LiveMembers() =>
        membership.CurrentSnapshot.Members.Values.Where(member => member.Status != SiloStatus.Dead);

    private async Task<NodeTables> AskAsync(
        ClusterMember member, Dictionary<string, string> names, CancellationToken cancellationToken)
    {
        try
        {
            var held = await services.Of(member.SiloAddress).HeldTables().WaitAsync(AnswerTimeout, cancellationToken);
            return new NodeTables(NameOf(member), ToNodes(held, names));
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException or SiloUnavailableException)
        {
            return new NodeTables(NameOf(member), Tables: null);
        }
    }

    // A silo that is not a member any more has no name: its address says who is meant.
    private static Dictionary<string, IReadOnlySet<string>> ToNodes(
        IEnumerable<WireHeldTable> tables, Dictionary<string, string> names) => tables.ToDictionary(
            table => table.Name,
            IReadOnlySet<string> (table) => table.OtherSilos
                .Select(silo => names.GetValueOrDefault(silo, silo)).ToHashSet(StringComparer.Ordinal),
            StringComparer.Ordinal);

    private static string NameOf(ClusterMember member) => member.Name;

    private static int? NumberOf(Dictionary<string, DiscoveredNode> listed, string name) =>
        listed.TryGetValue(name, out var node) && node.Number > 0 ? node.Number : null;
}
