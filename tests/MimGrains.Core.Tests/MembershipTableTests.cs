using MimGrains.Core.Identity;
using MimGrains.Core.Membership;

namespace MimGrains.Core.Tests;

public class MembershipTableTests
{
    private const long Now = 1_000;

    [Fact]
    public void Numbers_are_the_first_free_ones_and_stay_with_their_nodes()
    {
        var table = Registered(MembershipTable.Empty, "a", "b", "c", "a");

        Assert.Equal([("a", 1), ("b", 2), ("c", 3)], table.Nodes.Select(node => (node.Name, node.Number)));
    }

    [Fact]
    public void A_number_is_given_away_an_hour_after_its_node_was_last_there()
    {
        var left = Registered(MembershipTable.Empty, "a", "b").Observe([new NodeName("b")], Now);

        var soon = left.Register(new NodeName("c"), "", 1, Now + MembershipTable.NumberRestTicks);
        var later = left.Register(new NodeName("c"), "", 1, Now + MembershipTable.NumberRestTicks + 1);

        Assert.Equal(3, soon.NumberOf(new("c")));
        Assert.Equal(1, later.NumberOf(new("c")));
        Assert.Null(later.NumberOf(new("a")));
        Assert.Equal(1, left.Register(new NodeName("a"), "", 2, Now * 1_000_000_000).NumberOf(new("a")));
    }

    [Fact]
    public void A_node_with_a_living_silo_is_there_though_it_is_not_listed()
    {
        var table = Registered(MembershipTable.Empty, "a").Insert(Row("a", 1), 0)!.Observe([], Now);
        Assert.Null(table.Nodes[0].GoneTicks);

        table = table.Update(Row("a", 1) with { Status = MembershipRow.Dead }, 1, 1)!.Observe([], Now);
        Assert.Equal(Now, table.Nodes[0].GoneTicks);
    }

    [Fact]
    public void A_restarted_node_declares_its_older_silos_dead_in_one_version()
    {
        var table = MembershipTable.Empty.Insert(Row("a", 1), 0)!.Insert(Row("a", 2), 1)!.Insert(Row("b", 1), 2)!;

        table = table.Register(new NodeName("a"), "10.0.0.1", 3, Now);

        Assert.Equal(4, table.Version);
        Assert.Equal(
            [("a:1", 6, 4L), ("a:2", 6, 4L), ("b:1", 3, 3L)],
            table.Rows.Select(row => (row.Silo, row.Status, row.Version)));
        Assert.Same(table, table.Register(new NodeName("a"), "10.0.0.1", 3, Now));
    }

    [Fact]
    public void Silos_are_buried_in_one_version_and_only_once()
    {
        var table = MembershipTable.Empty.Insert(Row("a", 1), 0)!.Insert(Row("b", 1), 1)!.Insert(Row("c", 1), 2)!;

        table = table.Bury(new HashSet<string> { "a:1", "c:1", "d:1" });

        Assert.Equal(4, table.Version);
        Assert.Equal(
            [("a:1", 6, 4L), ("b:1", 3, 2L), ("c:1", 6, 4L)],
            table.Rows.Select(row => (row.Silo, row.Status, row.Version)));
        Assert.Same(table, table.Bury(new HashSet<string> { "a:1" }));
    }

    [Fact]
    public void The_next_change_is_reserved_by_one_silo_until_somebody_makes_it_or_it_was_waited_for()
    {
        var table = MembershipTable.Empty.Reserve("a", null);
        Assert.Equal(0, table.Version);
        Assert.Same(table, table.Reserve("b", null));
        Assert.NotEqual(table.Reserved, table.Reserve("a", null).Reserved);

        Assert.Null(table.Insert(Row("c", 1), 0)!.Reserved);
        Assert.Null(table.Clear().Insert(Row("c", 1), 0)!.Bury(new HashSet<string> { "c:1" }).Reserved);

        var again = table.Reserve("a", null);
        Assert.Same(again, again.Reserve("b", table.Reserved));
        Assert.Equal("b", again.Reserve("b", again.Reserved).Reserved?.Silo);
    }

    [Fact]
    public void A_table_is_the_same_after_its_bytes()
    {
        Suspicion[] suspicions = [new("b:1", 77), new("c:1", 78)];
        var row = Row("a", 5) with { Suspicions = suspicions, Role = "r", UpdateZone = 2, FaultZone = 3 };
        var table = Registered(MembershipTable.Empty, "a", "b").Insert(row, 0)!.Observe([], Now).Reserve("a", null);

        var again = MembershipTable.Decode(table.Encode());

        Assert.Equal(table.Version, again.Version);
        Assert.Equal(table.Nodes, again.Nodes);
        Assert.Equal(table.Reserved, again.Reserved);
        Assert.Equal(table.Rows[0] with { Suspicions = [] }, again.Rows[0] with { Suspicions = [] });
        Assert.Equal(table.Rows[0].Suspicions, again.Rows[0].Suspicions);
    }

    [Fact]
    public void Heartbeats_keep_the_latest_time_of_each_silo()
    {
        var heartbeats = new Heartbeats();
        heartbeats.Merge([new("a", 5), new("b", 7)]);
        heartbeats.Merge([new("a", 4), new("b", 9)]);

        Assert.Equal([("a", 5), ("b", 9L)], heartbeats.All.Select(heartbeat => (heartbeat.Silo, heartbeat.Ticks)));
        Assert.Null(heartbeats.Of("c"));
    }

    private static MembershipTable Registered(MembershipTable table, params string[] nodes) =>
        nodes.Aggregate(table, (before, node) => before.Register(new NodeName(node), "10.0.0.1", 1, Now));

    private static MembershipRow Row(string node, int generation) => new()
    {
        Silo = $"{node}:{generation}",
        Generation = generation,
        Name = node,
        HostName = "host",
        Status = 3,
        GatewayPort = 30_000,
        StartTicks = 1,
        AliveTicks = 1,
    };
}
