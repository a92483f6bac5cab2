using MimGrains.Operation;

namespace MimGrains.Cets.Operation;

/// <summary>What a live node says of its tables.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Tables">Its tables, each with the other nodes that it replicates it with; null if it does not answer.</param>
internal sealed record NodeTables(string Node, IReadOnlyDictionary<string, IReadOnlySet<string>>? Tables)
{
    /// <summary>Returns the nodes that hold a table, as this one knows them.</summary>
    public IReadOnlySet<string> HoldersOf(string table) =>
        Tables![table].Append(Node).ToHashSet(StringComparer.Ordinal);
}

/// <summary>Makes <see cref="CetsSystemInfo"/> of what the nodes say. Pure.</summary>
internal static class SystemView
{
    public static CetsSystemInfo Of(
        NodeTables self, IReadOnlyCollection<NodeTables> others, IEnumerable<string> discovered, bool discoveryWorks)
    {
        var answering = others.Where(other => other.Tables is not null).ToArray();
        var own = self.Tables!.Keys.ToArray();
        var unknown = Pairs(answering, other => other.Tables!.Keys.Except(own));
        var missing = Pairs(answering, other => own.Except(other.Tables!.Keys));
        var conflicts = Pairs(answering, other => own.Where(table =>
            other.Tables!.ContainsKey(table) && !other.HoldersOf(table).SetEquals(self.HoldersOf(table))));
        var listed = discovered.ToArray();
        return new CetsSystemInfo
        {
            AvailableNodes = Sorted(answering.Select(other => other.Node).Append(self.Node)),
            UnavailableNodes = Sorted(listed.Except(others.Select(other => other.Node)).Where(node => node != self.Node)),
            JoinedNodes = Sorted(answering.Where(other => IsJoined(self, other)).Select(other => other.Node).Append(self.Node)),
            DiscoveredNodes = Sorted(listed),
            RemoteNodesWithoutDisco = Sorted(others.Where(other => other.Tables is null).Select(other => other.Node)),
            RemoteNodesWithUnknownTables = Sorted(unknown.Select(pair => pair.Node)),
            RemoteUnknownTables = Sorted(unknown.Select(pair => pair.Table)),
            RemoteNodesWithMissingTables = Sorted(missing.Select(pair => pair.Node)),
            RemoteMissingTables = Sorted(missing.Select(pair => pair.Table)),
            ConflictNodes = Sorted(conflicts.Select(pair => pair.Node)),
            ConflictTables = Sorted(conflicts.Select(pair => pair.Table)),
            DiscoveryWorks = discoveryWorks,
        };
    }

    private static bool IsJoined(NodeTables self, NodeTables other) => self.Tables!.All(table =>
        table.Value.Contains(other.Node) && other.Tables!.TryGetValue(table.Key, out var back) && back.Contains(self.Node));

    private static (string Node, string Table)[] Pairs(NodeTables[] nodes, Func<NodeTables, IEnumerable<string>> tables) =>
        [.. nodes.SelectMany(node => tables(node).Select(table => (node.Node, table)))];

    private static string[] Sorted(IEnumerable<string> names) =>
        [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
