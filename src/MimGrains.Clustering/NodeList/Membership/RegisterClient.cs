using System.Security.Cryptography;
using System.Threading.Channels;
using MimGrains.Core.Consensus;
using MimGrains.Core.Identity;
using MimGrains.Core.Membership;

namespace MimGrains.Clustering.NodeList;

/// <summary>Runs operations on the register, one after the other. All members may be called from any thread.</summary>
internal sealed class RegisterClient(RegisterCaller caller, ListConfirmation confirmation, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LonelyPause = TimeSpan.FromMilliseconds(250);

    // Others are at work: whoever waits longer lets them finish.
    private const int OutbidPauseMaxMs = 40;
    private const int OutbidPauseGrowths = 6;

    private readonly Proposer _proposer = new(Convert.ToHexString(RandomNumberGenerator.GetBytes(8)));
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ulong _birth = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    public void Dispose() => _turn.Dispose();

    /// <summary>Starts from what this node stored before.</summary>
    public void Remember(Acceptor own) => _proposer.Observe(own);

    /// <summary>Runs an operation to its end.</summary>
    /// <returns>The operation, done.</returns>
    /// <exception cref="NoQuorumException">It was not done within <paramref name="limit"/>.</exception>
    /// <exception cref="InvalidOperationException">The nodes hold registers of different clusters.</exception>
    public async Task<RegisterOperation> RunAsync(
        OperationGoal goal, RegisterChange? change, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        string? problem = null;
        try
        {
            await _turn.WaitAsync(both.Token);
            try
            {
                var listed = caller.Listed;
                var context = new OperationContext(listed, confirmation.Covers(listed), _birth, MembershipTable.Empty.Encode());
                var operation = new RegisterOperation(_proposer, goal, context, change);
                for (var attempt = 1; operation.State == OperationState.Again; attempt++)
                {
                    await AttemptAsync(operation, both.Token);
                    problem = operation.Problem;
                    await PauseAsync(operation, attempt, both.Token);
                }

                return operation.State == OperationState.Done
                    ? operation
                    : throw new InvalidOperationException($"The node list mixes clusters: {operation.Problem}.");
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var reason = problem is null or RegisterOperation.NoQuorum ? "" : $", {problem}";
            throw new NoQuorumException($"{RegisterOperation.NoQuorum}{reason}: {caller.Describe()}");
        }
    }

    /// <summary>Tells the other nodes when silos were last alive. No operation on the register: nobody decides on
    /// it.</summary>
    /// <exception cref="NoQuorumException">Less than a quorum has heard it.</exception>
    public async Task TellAsync(IReadOnlyList<Heartbeat> heartbeats)
    {
        var believed = _proposer.Believed;
        var nodes = caller.Listed.Concat(believed?.Nodes ?? []).Distinct().ToList();
        var request = RegisterRequest.Alive(heartbeats);
        var replies = await Task.WhenAll(nodes.Select(node => caller.AskAsync(node, request)));
        var told = nodes.Zip(replies).Where(pair => pair.Second is not null).Select(pair => pair.First).ToHashSet();
        if (believed?.IsQuorum(member => told.Contains(member.Node)) != true)
        {
            throw new NoQuorumException($"{RegisterOperation.NoQuorum}: {caller.Describe()}");
        }
    }

    private async Task AttemptAsync(RegisterOperation operation, CancellationToken cancellationToken)
    {
        // Answers that come after the attempt are not waited for; the nodes have got their requests all the same.
        var answers = Channel.CreateUnbounded<(NodeName From, RegisterRequest Request, RegisterReply? Reply)>();
        Send(operation.Begin());
        while (operation.State == OperationState.Running)
        {
            var (from, request, reply) = await answers.Reader.ReadAsync(cancellationToken);
            Send(reply is null ? operation.OnNoReply(from, request) : operation.OnReply(from, reply));
        }

        void Send(IReadOnlyList<AddressedRequest> requests)
        {
            foreach (var (to, request) in requests)
            {
                _ = SendAsync(to, request);
            }
        }

        async Task SendAsync(NodeName to, RegisterRequest request) =>
            answers.Writer.TryWrite((to, request, await caller.AskAsync(to, request)));
    }

    private Task PauseAsync(RegisterOperation operation, int attempt, CancellationToken cancellationToken)
    {
        var most = OutbidPauseMaxMs * Math.Min(attempt, OutbidPauseGrowths);
        return operation switch
        {
            { State: not OperationState.Again } or { Problem: null } => Task.CompletedTask,
            { IsContended: true } =>
                Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, most)), time, cancellationToken),
            _ => Task.Delay(LonelyPause, time, cancellationToken),
        };
    }
}
