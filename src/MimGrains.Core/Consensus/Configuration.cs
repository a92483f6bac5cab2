using MimGrains.Core.Identity;

namespace MimGrains.Core.Consensus;

/// <summary>One acceptor: a node with the store that holds its promises.</summary>
/// <param name="Node">The listed node.</param>
/// <param name="Store">
/// Drawn at random when the node's store is made. A node that lost its store comes back with another number, and so as
/// another
/// acceptor, that has promised nothing. 0: no store of this node was seen yet; nothing counts as its answer.
/// </param>
public readonly record struct Member(NodeName Node, ulong Store)
{
    /// <inheritdoc/>
    public override string ToString() => Store == 0 ? $"{Node}(vacant)" : $"{Node}({Store:x})";
}

/// <summary>
/// Who decides: the acceptors, and while they are being changed the next ones too. It is part of the register's value,
/// so that
/// it changes by consensus as everything else in it.
/// </summary>
/// <param name="Number">Counts changes, from 1 on.</param>
/// <param name="Members">The acceptors, in the order of the node list.</param>
/// <param name="Next">The acceptors to be; a quorum of both is needed as long as there are any. Null: no change is
/// going on.</param>
public sealed record Configuration(long Number, IReadOnlyList<Member> Members, IReadOnlyList<Member>? Next = null)
{
    /// <summary>Returns every node that is asked, each once.</summary>
    public IEnumerable<NodeName> Nodes => Members.Concat(Next ?? []).Select(member => member.Node).Distinct();

    /// <summary>Whether those for whom <paramref name="answered"/> holds can decide.</summary>
    public bool IsQuorum(Func<Member, bool> answered) =>
        IsQuorumOf(Members, answered) && (Next is null || IsQuorumOf(Next, answered));

    /// <summary>
    /// The quorum rule: more than half of the list; of an even list, the half that holds the first one is enough. Any
    /// two
    /// quorums of a list share a node.
    /// </summary>
    public static bool IsQuorumOf<T>(IReadOnlyList<T> list, Func<T, bool> answered)
    {
        ArgumentNullException.ThrowIfNull(list);
        ArgumentNullException.ThrowIfNull(answered);
        var doubled = 2 * list.Count(answered);
        return doubled > list.Count || (doubled == list.Count && list.Count > 0 && answered(list[0]));
    }

    /// <summary>Returns how many nodes are enough, whichever they are.</summary>
    public static int QuorumSize(int listed) => (listed / 2) + 1;

    /// <inheritdoc/>
    public override string ToString() =>
        $"#{Number} [{string.Join(", ", Members)}]{(Next is null ? "" : $" -> [{string.Join(", ", Next)}]")}";
}
