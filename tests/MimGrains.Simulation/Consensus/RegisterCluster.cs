using MimGrains.Core.Consensus;
using MimGrains.Core.Identity;

namespace MimGrains.Simulation.Consensus;

/// <summary>
/// A run: nodes that change and read one register, while a seed loses, delays, doubles and reorders messages, cuts
/// nodes off,
/// crashes them, takes their disks, and edits the node list. Then all heals, and they have to agree.
/// </summary>
internal sealed partial class RegisterCluster
{
    private const long TroubleMicros = 1_500_000;
    private const long BusyMicros = 200_000;
    private const long SettlingStepMicros = 100_000;
    private const int SettlingSteps = 80;

    private readonly SortedDictionary<NodeName, RegisterNode> _nodes = [];
    private bool _isFaulty = true;

    public RegisterCluster(int seed, RegisterFault fault, bool traces)
    {
        Random = new SplitMix64((ulong)seed);
        (Fault, Scheduler) = (fault, new Scheduler(traces));
        long[] sizes = [3, 3, 3, 5, 2, 4, 1];
        var size = (int)Random.Pick(sizes);
        List<NodeName> listed = [.. Enumerable.Range(1, size).Select(number => new NodeName($"n{number}"))];
        _lists.Add(listed);
        foreach (var name in listed)
        {
            Scheduler.After(Random.Between(0, 200_000), () => Add(name));
        }
    }

    public SplitMix64 Random { get; }

    public Scheduler Scheduler { get; }

    public RegisterFault Fault { get; }

    public RegisterHistory History { get; } = new();

    /// <summary>Whether users make operations.</summary>
    public bool IsBusy { get; private set; } = true;

    /// <summary>Whether the operator confirms lists that share no quorum.</summary>
    public bool AllowsJumps { get; private set; }

    /// <summary>Whether the run ended with all agreeing; not if the disks of a quorum were lost.</summary>
    public bool HasSettled { get; private set; }

    public void Run()
    {
        PlanTrouble();
        Scheduler.RunUntil(TroubleMicros);
        Heal();
        Scheduler.RunUntil(TroubleMicros + BusyMicros);
        IsBusy = false;
        for (var step = 1; step <= SettlingSteps && !HasSettled && CanSettle; step++)
        {
            Scheduler.RunUntil(Scheduler.NowMicros + SettlingStepMicros);
            HasSettled = EndsAsListed;
        }

        if (CanSettle && !HasSettled)
        {
            throw new InvariantException(
                $"The cluster ended with {History.LatestConfiguration}, not with [{string.Join(", ", _lists[^1])}].");
        }
    }

    /// <summary>Carries a request and its answer as bytes.</summary>
    public void Carry(RegisterNode from, NodeName to, RegisterRequest request, Action<RegisterReply> answer)
    {
        var bytes = RegisterCodec.Encode(request);
        Transmit(from.Name, to, () =>
        {
            if (!_nodes.TryGetValue(to, out var node) || !node.IsUp)
            {
                return;
            }

            Scheduler.Log($"{from.Name} -> {to} {request.Kind} {request.Ballot}");
            node.OnRequest(RegisterCodec.DecodeRequest(bytes), reply =>
            {
                var replied = RegisterCodec.Encode(reply);
                Scheduler.Log(
                    $"{to} answers {from.Name} {reply.Kind} {reply.Ballot}: {reply.Outcome} {reply.Promised} {reply.Accepted}");
                Transmit(to, from.Name, () => answer(RegisterCodec.DecodeReply(replied)));
            });
        });
    }

    /// <summary>Returns the answer that a fault makes up instead of asking.</summary>
    public RegisterReply? Forged(RegisterNode from, NodeName to, RegisterRequest request)
    {
        var configuration = request.Value?.Configuration ?? from.Proposer.Believed;
        if (configuration is null || request.Kind == RequestKind.Read)
        {
            return null;
        }

        var isForged = Fault switch
        {
            RegisterFault.PrepareIsSkippedWithoutPromises =>
                request.Kind == RequestKind.Prepare && from.Acceptor.Value is not null,
            RegisterFault.OneAnswerIsMadeUp =>
                request.Kind == RequestKind.Accept && to == configuration.Nodes.LastOrDefault(node => node != from.Name),
            RegisterFault.OnlyTheOldListDecides =>
                configuration.Next is not null && configuration.Members.All(member => member.Node != to),
            _ => false,
        };
        if (!isForged)
        {
            return null;
        }

        var store = configuration.Members.Concat(configuration.Next ?? []).First(member => member.Node == to).Store;
        var own = Fault == RegisterFault.PrepareIsSkippedWithoutPromises ? from.Acceptor : Acceptor.New(store, false);
        return new RegisterReply(
            request.Kind, request.Ballot, RequestOutcome.Done, store, false, request.Ballot, own.Accepted, own.Value, [], []);
    }

    private void Add(NodeName name)
    {
        if (!_nodes.ContainsKey(name))
        {
            _nodes.Add(name, new RegisterNode(this, name, _lists[^1], hasSlowDisk: Random.Chance(15)));
        }
    }

    private void Transmit(NodeName from, NodeName to, Action deliver)
    {
        if (from == to)
        {
            Scheduler.After(1, deliver);
            return;
        }

        if (_isFaulty && (Random.Chance(4) || IsCut(from, to)))
        {
            return;
        }

        Scheduler.After(DelayMicros(), deliver);
        if (_isFaulty && Random.Chance(4))
        {
            Scheduler.After(DelayMicros(), deliver);
        }
    }

    private long DelayMicros() => !_isFaulty ? Random.Between(100, 1_000) : Random.Between(1, 100) switch
    {
        <= 80 => Random.Between(100, 2_000),
        <= 95 => Random.Between(1_000, 40_000),
        _ => Random.Between(10_000, 300_000),
    };

    // A quorum whose disks are gone is gone: nobody may decide instead of it.
    private bool CanSettle => _nodes.Values.Select(node => node.Acceptor).MaxBy(acceptor => acceptor.Accepted)
        is { Value: { } value } && value.Configuration.IsQuorum(IsThere);

    // The last list is confirmed, and its nodes are there.
    private bool EndsAsListed => History.LatestConfiguration is { Next: null } last
        && last.Members.SequenceEqual(_lists[^1].Select(name => new Member(name, _nodes[name].Acceptor.Store)));

    private bool IsThere(Member member) =>
        _nodes.TryGetValue(member.Node, out var node) && node.Acceptor.Store == member.Store;
}
