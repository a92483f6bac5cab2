using MimGrains.Core.Consensus;
using MimGrains.Core.Identity;

namespace MimGrains.Core.Tests;

public class ConsensusTests
{
    private static readonly byte[] Content = [1, 2, 3];

    [Theory]
    [InlineData(1, "1", true)]
    [InlineData(2, "1", true)]
    [InlineData(2, "2", false)]
    [InlineData(3, "1", false)]
    [InlineData(3, "23", true)]
    [InlineData(4, "12", true)]
    [InlineData(4, "34", false)]
    [InlineData(4, "234", true)]
    [InlineData(5, "12", false)]
    [InlineData(0, "", false)]
    public void More_than_half_or_the_half_with_the_first_is_a_quorum(int listed, string answered, bool expected) =>
        Assert.Equal(expected, Configuration.IsQuorumOf(
            Nodes(listed), node => answered.Contains(node.Value, StringComparison.Ordinal)));

    [Fact]
    public void A_vacant_place_counts_as_listed_and_never_answers()
    {
        var acceptors = Acceptors(3);
        var first = ConfigurationPlan.Found(Nodes(3), Replies(acceptors, "12", Nodes(3)), 7, Content, out _);

        Assert.Equal([11UL, 12UL, 0UL], first!.Configuration.Members.Select(member => member.Store));
        Assert.Null(ConfigurationPlan.Found(Nodes(3), Replies(acceptors, "1", Nodes(3)), 7, Content, out _));
    }

    [Fact]
    public void Who_sees_another_list_or_has_lost_its_store_does_not_found()
    {
        var acceptors = Acceptors(3);
        var replies = Replies(acceptors, "12", Nodes(3));
        replies[new("2")] = replies[new("2")] with { Listed = Nodes(4) };
        Assert.Null(ConfigurationPlan.Found(Nodes(3), replies, 7, Content, out var problem));
        Assert.Contains("2 has another node list", problem, StringComparison.Ordinal);

        replies[new("2")] = replies[new("2")] with { Listed = Nodes(3), IsLost = true };
        Assert.Null(ConfigurationPlan.Found(Nodes(3), replies, 7, Content, out problem));
        Assert.Contains("2 has lost its state", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_list_counts_when_a_quorum_of_the_old_and_of_the_new_one_sees_it()
    {
        var (acceptors, four) = (Acceptors(4), Nodes(4));
        var current = new Configuration(3, Members(3));

        Assert.Null(ConfigurationPlan.Next(current, four, Replies(acceptors, "14", four), false, out var problem));
        Assert.Contains("seen by too few: [1, 4]", problem, StringComparison.Ordinal);

        var joint = ConfigurationPlan.Next(current, four, Replies(acceptors, "124", four), false, out problem);
        Assert.Null(problem);
        Assert.Equal(4, joint!.Number);
        Assert.Equal(Members(3), joint.Members);
        Assert.Equal(Members(4), joint.Next);

        var after = ConfigurationPlan.Next(joint, four, Replies(acceptors, "124", four), false, out _);
        Assert.Equal((5, null), (after!.Number, after.Next));
        Assert.Equal(Members(4), after.Members);
        Assert.Null(ConfigurationPlan.Next(after, four, Replies(acceptors, "124", four), false, out _));
    }

    [Fact]
    public void A_jump_to_a_list_that_shares_no_quorum_is_refused_until_it_is_confirmed()
    {
        var acceptors = Acceptors(5);
        NodeName[] jump = [new("1"), new("4"), new("5")];
        var (current, replies) = (new Configuration(3, Members(3)), Replies(acceptors, "12345", jump));

        Assert.Null(ConfigurationPlan.Next(current, jump, replies, false, out var problem));
        Assert.Contains("shares no quorum", problem, StringComparison.Ordinal);
        Assert.NotNull(ConfigurationPlan.Next(current, jump, replies, true, out problem));
        Assert.Null(problem);
    }

    [Fact]
    public void A_node_that_lost_its_store_is_another_acceptor_which_the_others_admit()
    {
        var acceptors = Acceptors(3);
        acceptors[new("2")] = Acceptor.New(99, isLost: true);
        var current = new Configuration(3, Members(3));

        Assert.Null(ConfigurationPlan.Next(current, Nodes(3), Replies(acceptors, "12", Nodes(3)), false, out _));
        var joint = ConfigurationPlan.Next(current, Nodes(3), Replies(acceptors, "123", Nodes(3)), false, out _);
        Assert.Equal([11UL, 99UL, 13UL], joint!.Next!.Select(member => member.Store));
    }

    [Fact]
    public void An_acceptor_refuses_lower_ballots_and_other_clusters_and_answers_again_what_it_has_done()
    {
        var value = new RegisterValue(7, 2, new Configuration(1, Members(3)), [], Content);
        var request = RegisterRequest.Accept(new(5, "a"), new(6, "a"), value);
        var (acceptor, reply) = Acceptor.New(11, false).On(request, [], []);
        Assert.Equal((RequestOutcome.Done, new Ballot(6, "a")), (reply.Outcome, reply.Promised));

        Assert.Equal(RequestOutcome.Done, acceptor.On(request, [], []).Reply.Outcome);
        Assert.Equal(RequestOutcome.Outbid, acceptor.On(RegisterRequest.Prepare(new(5, "b")), [], []).Reply.Outcome);
        var foreign = RegisterRequest.Accept(new(8, "c"), new(9, "c"), value with { Birth = 8 });
        Assert.Equal(RequestOutcome.Foreign, acceptor.On(foreign, [], []).Reply.Outcome);
    }

    [Fact]
    public void Damaged_bytes_are_refused_wherever_they_are_damaged()
    {
        var value = new RegisterValue(7, 2, new Configuration(1, Members(3), Members(2)), [new("a", 3)], Content);
        var bytes = RegisterCodec.Encode(new Acceptor(11, true, new(6, "a"), new(5, "a"), value));
        var again = RegisterCodec.DecodeAcceptor(bytes);
        Assert.Equal((11UL, true), (again.Store, again.IsLost));
        Assert.Equal((2L, 3L), (again.Value!.Revision, again.Value.Operations[0].Number));
        Assert.Equal(value.Configuration.Next, again.Value.Configuration.Next);

        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => RegisterCodec.DecodeAcceptor(bytes.AsMemory(0, length)));
        }

        Assert.Throws<InvalidDataException>(() => RegisterCodec.DecodeAcceptor((byte[])[.. bytes, 0]));
        Assert.Throws<InvalidDataException>(() => RegisterCodec.DecodeAcceptor((byte[])[2, .. bytes.Skip(1)]));
    }

    [Fact]
    public void Who_finds_that_another_has_written_since_tries_again_at_once_and_no_contention_is_told()
    {
        var acceptors = Acceptors(3);
        var (first, second) = (new Proposer("a"), new Proposer("b"));
        Attempt(Change(first), acceptors);
        Attempt(Change(first), acceptors);
        Attempt(Change(second), acceptors);

        var operation = Change(first);
        Attempt(operation, acceptors);
        Assert.Equal((OperationState.Again, false, null), (operation.State, operation.IsContended, operation.Problem));
        Attempt(operation, acceptors);
        Assert.Equal((OperationState.Done, true, 5L), (operation.State, operation.HasChanged, operation.Value!.Revision));
    }

    private static RegisterOperation Change(Proposer proposer) => new(
        proposer, OperationGoal.Change, new OperationContext(Nodes(3), false, 7, Content),
        (found, _) => found! with { Content = Content });

    private static void Attempt(RegisterOperation operation, Dictionary<NodeName, Acceptor> acceptors)
    {
        var requests = new Queue<AddressedRequest>(operation.Begin());
        while (requests.TryDequeue(out var asked))
        {
            (acceptors[asked.To], var reply) = acceptors[asked.To].On(asked.Request, Nodes(3), []);
            foreach (var more in operation.OnReply(asked.To, reply))
            {
                requests.Enqueue(more);
            }
        }
    }

    private static NodeName[] Nodes(int count) =>
        [.. Enumerable.Range(1, count).Select(number => new NodeName($"{number}"))];

    private static Member[] Members(int count) =>
        [.. Nodes(count).Select((node, index) => new Member(node, 11UL + (ulong)index))];

    private static Dictionary<NodeName, Acceptor> Acceptors(int count) =>
        Members(count).ToDictionary(member => member.Node, member => Acceptor.New(member.Store, isLost: false));

    private static Dictionary<NodeName, RegisterReply> Replies(
        Dictionary<NodeName, Acceptor> acceptors, string answering, IReadOnlyList<NodeName> listed) =>
        acceptors.Where(entry => answering.Contains(entry.Key.Value, StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key, entry => entry.Value.On(RegisterRequest.Read, listed, []).Reply);
}
