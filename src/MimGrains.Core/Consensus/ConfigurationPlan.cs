using MimGrains.Core.Identity;

namespace MimGrains.Core.Consensus;

// file changed -> a quorum of the old and of the new list sees the new one -> members + next chosen -> next alone
// chosen
/// <summary>Decides when those who decide become others: as the node lists say, one step after the other.</summary>
/// <remarks>
/// Nodes see a change of the file at different times, and nothing in it says which list is newer. So a list counts when
/// a quorum
/// of those who decide now and a quorum of the list itself have it: no two lists can both count, and the new acceptors
/// are there.
/// </remarks>
public static class ConfigurationPlan
{
    /// <summary>Returns the value that founds a cluster; null while too few listed nodes are there that have never been
    /// in one.</summary>
    /// <param name="listed">The list of the founder.</param>
    /// <param name="replies">Answers to a read; the founder's own too.</param>
    /// <param name="birth">A random number.</param>
    /// <param name="content">What the register holds at first.</param>
    /// <param name="problem">Why the cluster is not founded, for the operator; null if it is.</param>
    public static RegisterValue? Found(
        IReadOnlyList<NodeName> listed,
        IReadOnlyDictionary<NodeName, RegisterReply> replies,
        ulong birth,
        ReadOnlyMemory<byte> content,
        out string? problem)
    {
        ArgumentNullException.ThrowIfNull(listed);
        ArgumentNullException.ThrowIfNull(replies);
        problem = null;
        if (replies.Values.Any(reply => reply.Value is not null)
            || !Configuration.IsQuorumOf(listed, node => IsOfOneMind(node) && !replies[node].IsLost))
        {
            var lost = replies.Where(reply => reply.Value.IsLost).Select(reply => $", {reply.Key} has lost its state");
            var others = replies.Keys.Where(node => !IsOfOneMind(node))
                .Select(node => $", {node} has another node list");
            problem = string.Concat(lost.Concat(others).Prepend("the cluster is not founded yet"));
            return null;
        }

        var members = listed.Select(node => new Member(node, IsOfOneMind(node) ? replies[node].Store : 0));
        return new RegisterValue(birth, 1, new Configuration(1, [.. members]), [], content);

        bool IsOfOneMind(NodeName node) =>
            replies.TryGetValue(node, out var reply) && reply.Listed.SequenceEqual(listed);
    }

    /// <summary>Returns the next configuration; null if there is nothing to change, or not yet.</summary>
    /// <param name="current">The chosen one.</param>
    /// <param name="listed">The list of the node that asks.</param>
    /// <param name="replies">Answers to a read; its own too.</param>
    /// <param name="allowJump">Whether the operator confirmed a list that shares no quorum with the current
    /// one.</param>
    /// <param name="problem">Why the list does not count, for the operator; null if it does, or is the current
    /// one.</param>
    public static Configuration? Next(
        Configuration current,
        IReadOnlyList<NodeName> listed,
        IReadOnlyDictionary<NodeName, RegisterReply> replies,
        bool allowJump,
        out string? problem)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(listed);
        ArgumentNullException.ThrowIfNull(replies);
        problem = null;
        if (current.Next is { } next)
        {
            return new Configuration(current.Number + 1, next);
        }

        List<Member> wanted = [.. listed.Select(node => new Member(node, StoreOf(node)))];
        if (wanted.SequenceEqual(current.Members))
        {
            return null;
        }

        problem = Objection(current.Members, listed, replies, allowJump);
        return problem is null ? new Configuration(current.Number + 1, current.Members, wanted) : null;

        // Who does not answer keeps the store that is known of it.
        ulong StoreOf(NodeName node) => replies.TryGetValue(node, out var reply)
            ? reply.Store
            : current.Members.FirstOrDefault(member => member.Node == node).Store;
    }

    private static string? Objection(
        IReadOnlyList<Member> members,
        IReadOnlyList<NodeName> listed,
        IReadOnlyDictionary<NodeName, RegisterReply> replies,
        bool allowJump)
    {
        var lists = $"[{string.Join(", ", listed)}] for [{string.Join(", ", members.Select(member => member.Node))}]";
        var isOverlapping = Configuration.IsQuorumOf(members, member => listed.Contains(member.Node))
            || Configuration.IsQuorumOf(listed, node => members.Any(member => member.Node == node));
        if (!isOverlapping && !allowJump)
        {
            return $"the new list {lists} shares no quorum with the old one; " +
                "change one line at a time, or confirm the jump";
        }

        var haveIt = listed.Concat(members.Select(member => member.Node)).Distinct()
            .Where(node => replies.TryGetValue(node, out var reply) && reply.Listed.SequenceEqual(listed)).ToList();
        var isSeen = Configuration.IsQuorumOf(listed, haveIt.Contains) && Configuration.IsQuorumOf(
            members, member => haveIt.Contains(member.Node) && replies[member.Node].Store == member.Store);
        return isSeen ? null : $"the new list {lists} is seen by too few: [{string.Join(", ", haveIt)}]";
    }
}
