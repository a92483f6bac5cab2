using MimGrains.Core.Consensus;

namespace MimGrains.Core.Membership;

/// <summary>Makes changes of the membership table changes of the register that holds it.</summary>
public static class MembershipChange
{
    /// <summary>Returns the change of the register.</summary>
    /// <param name="change">From one table to the next; the same table or null if nothing is to change. It must be
    /// pure.</param>
    /// <param name="nowTicks">UTC ticks; needs no precision.</param>
    public static RegisterChange Of(Func<MembershipTable, MembershipTable?> change, long nowTicks) => (found, _) =>
    {
        if (found is null)
        {
            return null;
        }

        var table = MembershipTable.Decode(found.Content);
        var next = change(table);
        return next is null || ReferenceEquals(next, table)
            ? found
            : found with { Content = next.Observe(found.Configuration.Nodes, nowTicks).Encode() };
    };
}
