using MimGrains.Core.Identity;

namespace MimGrains.Core.Membership;

/// <summary>
/// The membership of a cluster as one value, and what may be done with it: a function for each operation, from one
/// table to the
/// next. Immutable; kept in the register of <see cref="Consensus"/>, which makes one history of all operations.
/// </summary>
/// <param name="Version">Counts changes of rows, from 0 on.</param>
/// <param name="Rows">Ascending by silo, as text by code points.</param>
/// <param name="Nodes">Ascending by number.</param>
/// <param name="Reserved">Who makes the next change of rows; null if nobody has said so.</param>
/// <remarks>What the operations promise is Orleans' contract of a membership table.</remarks>
public sealed partial record MembershipTable(
    long Version,
    IReadOnlyList<MembershipRow> Rows,
    IReadOnlyList<NumberedNode> Nodes,
    Reservation? Reserved = null)
{
    /// <summary>A number is given to another node an hour after its node was last there: what was named by it is gone
    /// then.</summary>
    public const long NumberRestTicks = TimeSpan.TicksPerHour;

    /// <summary>The table of a new cluster.</summary>
    public static readonly MembershipTable Empty = new(0, [], []);

    /// <summary>Returns a silo's row; null if there is none.</summary>
    public MembershipRow? Find(string silo) => Rows.FirstOrDefault(row => row.Silo == silo);

    /// <summary>Returns a node's number; null if it has none.</summary>
    public int? NumberOf(NodeName node) => Nodes.FirstOrDefault(known => known.Name == node.Value)?.Number;

    /// <summary>Adds a row.</summary>
    /// <param name="row">The row; its version is set.</param>
    /// <param name="expectedVersion">The version of the table that the caller has seen.</param>
    /// <returns>The table, one version later; null if its version is another one or the silo has a row.</returns>
    public MembershipTable? Insert(MembershipRow row, long expectedVersion)
    {
        ArgumentNullException.ThrowIfNull(row);
        return Version != expectedVersion || Find(row.Silo) is not null ? null : With(row);
    }

    /// <summary>Replaces a row.</summary>
    /// <param name="row">The row; its version is set.</param>
    /// <param name="expectedRowVersion">The version of the row that the caller has seen.</param>
    /// <param name="expectedVersion">The version of the table that the caller has seen.</param>
    /// <returns>The table, one version later; null if one of the versions is another one or the silo has no
    /// row.</returns>
    public MembershipTable? Update(MembershipRow row, long expectedRowVersion, long expectedVersion)
    {
        ArgumentNullException.ThrowIfNull(row);
        return Version != expectedVersion || Find(row.Silo)?.Version != expectedRowVersion ? null : With(row);
    }

    /// <summary>Removes the rows of dead silos that were last alive before a time. No version: nobody decides on a dead
    /// silo.</summary>
    /// <param name="beforeTicks">UTC ticks.</param>
    /// <param name="lastAlive">The latest time that is known of a row, in UTC ticks.</param>
    public MembershipTable Cleanup(long beforeTicks, Func<MembershipRow, long> lastAlive)
    {
        ArgumentNullException.ThrowIfNull(lastAlive);
        List<MembershipRow> rows =
            [.. Rows.Where(row => row.Status != MembershipRow.Dead || lastAlive(row) >= beforeTicks)];
        return rows.Count == Rows.Count ? this : this with { Rows = rows };
    }

    /// <summary>Removes all rows; for tools and tests. The version goes on: it never falls.</summary>
    public MembershipTable Clear() => Rows.Count == 0 ? this : this with { Version = Version + 1, Rows = [], Reserved = null };

    /// <summary>
    /// A silo says that it makes the next change of rows. Nothing is refused for that: others who ask first let it go ahead,
    /// and so do not lose against it. It ends with the next change, whoever makes it.
    /// </summary>
    /// <param name="silo">Who asks.</param>
    /// <param name="over">A reservation that was waited for long enough; null if none was.</param>
    /// <returns>The table; this one if the next change is another silo's.</returns>
    public MembershipTable Reserve(string silo, Reservation? over) =>
        Reserved is { } held && held.Silo != silo && held != over
            ? this
            : this with { Reserved = new Reservation(silo, (Reserved?.Number ?? Version) + 1) };

    /// <summary>Declares silos dead, as if enough others had suspected them.</summary>
    /// <param name="silos">Those that are not in the table, or dead, stay so.</param>
    public MembershipTable Bury(IReadOnlySet<string> silos)
    {
        ArgumentNullException.ThrowIfNull(silos);
        return WithDead(row => silos.Contains(row.Silo) && row.Status != MembershipRow.Dead);
    }

    /// <summary>
    /// A silo says at its start which node it is: the node gets a number, and older silos of the node are declared
    /// dead, since the
    /// node runs one at a time.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="address">Its published IP address.</param>
    /// <param name="generation">The silo's; older ones are smaller.</param>
    /// <param name="nowTicks">UTC ticks; needs no precision.</param>
    public MembershipTable Register(NodeName node, string address, int generation, long nowTicks)
    {
        var nodes = Numbered(node, address, nowTicks);
        var isOlder = (MembershipRow row) =>
            row.Name == node.Value && row.Generation < generation && row.Status != MembershipRow.Dead;
        var table = ReferenceEquals(nodes, Nodes) ? this : this with { Nodes = nodes };
        return table.WithDead(isOlder);
    }

    /// <summary>Notes which nodes are there: those that are listed, and those with a silo that is not dead.</summary>
    /// <param name="listed">The nodes that decide.</param>
    /// <param name="nowTicks">UTC ticks; needs no precision.</param>
    public MembershipTable Observe(IEnumerable<NodeName> listed, long nowTicks)
    {
        HashSet<string> there = [.. listed.Select(node => node.Value)];
        there.UnionWith(Rows.Where(row => row.Status != MembershipRow.Dead).Select(row => row.Name));
        List<NumberedNode> nodes = [.. Nodes.Select(
            node => node with { GoneTicks = there.Contains(node.Name) ? null : node.GoneTicks ?? nowTicks })];
        return nodes.SequenceEqual(Nodes) ? this : this with { Nodes = nodes };
    }

    private MembershipTable With(MembershipRow row)
    {
        var next = Version + 1;
        List<MembershipRow> rows = [.. Rows.Where(other => other.Silo != row.Silo), row with { Version = next }];
        rows.Sort((left, right) => string.CompareOrdinal(left.Silo, right.Silo));
        return this with { Version = next, Rows = rows, Reserved = null };
    }

    private MembershipTable WithDead(Func<MembershipRow, bool> which)
    {
        if (!Rows.Any(which))
        {
            return this;
        }

        var next = Version + 1;
        return this with
        {
            Version = next,
            Rows = [.. Rows.Select(row => which(row) ? row with { Status = MembershipRow.Dead, Version = next } : row)],
            Reserved = null,
        };
    }

    // A node that comes back keeps its number as long as nobody else has got it.
    private IReadOnlyList<NumberedNode> Numbered(NodeName node, string address, long nowTicks)
    {
        var own = Nodes.FirstOrDefault(known => known.Name == node.Value);
        if (own is { GoneTicks: null } && own.Address == address)
        {
            return Nodes;
        }

        List<NumberedNode> others = [.. Nodes.Where(
            known => known.Name != node.Value && !(known.GoneTicks is { } gone && nowTicks - gone > NumberRestTicks))];
        var number = own?.Number ?? FirstFree(others);
        return [.. others.Append(new NumberedNode(node.Value, number, address, null)).OrderBy(known => known.Number)];
    }

    private static int FirstFree(List<NumberedNode> nodes)
    {
        var number = 1;
        foreach (var node in nodes)
        {
            number = node.Number == number ? number + 1 : number;
        }

        return number;
    }
}
