using MimGrains.Cets.Operation;

namespace MimGrains.Cets.Tests;

/// <summary>Each field of the system information, as the status suite of esl/cets asks for it.</summary>
public class SystemViewTests
{
    private static readonly NodeTables One = Node("mim1", ("sessions", ["mim2", "mim3"]), ("rooms", ["mim2", "mim3"]));
    private static readonly NodeTables Two = Node("mim2", ("sessions", ["mim1", "mim3"]), ("rooms", ["mim1", "mim3"]));
    private static readonly NodeTables Three = Node("mim3", ("sessions", ["mim1", "mim2"]), ("rooms", ["mim1", "mim2"]));
    private static readonly string[] All = ["mim1", "mim2", "mim3"];

    [Fact]
    public void Nodes_that_replicate_everything_with_each_other_are_joined()
    {
        var view = SystemView.Of(One, [Two, Three], All, discoveryWorks: true);
        Assert.Equal(All, view.AvailableNodes);
        Assert.Equal(All, view.JoinedNodes);
        Assert.Equal(All, view.DiscoveredNodes);
        Assert.True(view.DiscoveryWorks);
        Assert.All(
            [
                view.UnavailableNodes, view.RemoteNodesWithoutDisco, view.RemoteNodesWithUnknownTables, view.RemoteUnknownTables,
                view.RemoteNodesWithMissingTables, view.RemoteMissingTables, view.ConflictNodes, view.ConflictTables,
            ],
            Assert.Empty);
    }

    [Fact]
    public void A_listed_node_that_is_not_alive_is_unavailable()
    {
        var view = SystemView.Of(One, [Two, Three], ["mim9", .. All], discoveryWorks: false);
        Assert.Equal(["mim9"], view.UnavailableNodes);
        Assert.Equal(["mim1", "mim2", "mim3", "mim9"], view.DiscoveredNodes);
        Assert.False(view.DiscoveryWorks);
    }

    [Fact]
    public void A_live_node_that_does_not_answer_is_neither_available_nor_joined()
    {
        var view = SystemView.Of(One, [Two, new NodeTables("mim3", Tables: null)], All, discoveryWorks: true);
        Assert.Equal(["mim3"], view.RemoteNodesWithoutDisco);
        Assert.Equal(["mim1", "mim2"], view.AvailableNodes);
        Assert.Empty(view.UnavailableNodes);
    }

    [Fact]
    public void Tables_that_only_one_side_has_are_named_with_their_nodes()
    {
        var other = Node("mim2", ("sessions", ["mim1", "mim3"]), ("strange", []));
        var view = SystemView.Of(One, [other, Three], All, discoveryWorks: true);
        Assert.Equal(["mim2"], view.RemoteNodesWithUnknownTables);
        Assert.Equal(["strange"], view.RemoteUnknownTables);
        Assert.Equal(["mim2"], view.RemoteNodesWithMissingTables);
        Assert.Equal(["rooms"], view.RemoteMissingTables);
        Assert.Equal(["mim1", "mim3"], view.JoinedNodes);
    }

    [Fact]
    public void A_table_that_is_replicated_with_other_nodes_is_a_conflict()
    {
        var apart = Node("mim2", ("sessions", ["mim3"]), ("rooms", ["mim1", "mim3"]));
        var view = SystemView.Of(One, [apart, Three], All, discoveryWorks: true);
        Assert.Equal(["mim2"], view.ConflictNodes);
        Assert.Equal(["sessions"], view.ConflictTables);
        Assert.Equal(["mim1", "mim3"], view.JoinedNodes);
    }

    private static NodeTables Node(string name, params (string Table, string[] Others)[] tables) => new(
        name,
        tables.ToDictionary(table => table.Table, IReadOnlySet<string> (table) => table.Others.ToHashSet(StringComparer.Ordinal)));
}
