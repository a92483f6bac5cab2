using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Core.Consensus;
using MimGrains.Core.Identity;
using MimGrains.Core.Membership;
using Orleans.Configuration;
using Acceptors = MimGrains.Core.Consensus.Configuration;

namespace MimGrains.Clustering.NodeList;

// start: state loaded -> listening -> listed -> quorum: founded or admitted -> number; then: those who decide follow
// the list
/// <summary>This node among the listed ones: its start, its number, who decides, and whether the others can be
/// reached.</summary>
internal sealed partial class NodeListRegistry(
    INodeList list,
    IDiscoveryTransport transport,
    RegisterHost host,
    RegisterCaller caller,
    RegisterClient client,
    NodeIdentity identity,
    IOptions<ClusterMembershipOptions> membership,
    TimeProvider time,
    ILogger<NodeListRegistry> logger) : INodeRegistry, ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    // Long enough to found a cluster while a listed machine is away and drops every request.
    private static readonly TimeSpan StartStep = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan KeepLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeepPeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeepPeriodInTrouble = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _keeping = Task.CompletedTask;
    private volatile RegistryState _state = new(null, [], "the other nodes were not asked yet");

    public int? NodeNumber => _state.Number;

    public IReadOnlyList<DiscoveredNode> Nodes => _state.Nodes;

    public bool DiscoveryWorks => Problem is null;

    public string? Problem => list.Current.Problem ?? _state.Problem;

    public bool IsMinority => _state.IsMinority;

    /// <summary>Completes when a quorum of the listed nodes is there and this node has its number.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await host.LoadAsync(cancellationToken);
        client.Remember(host.Acceptor);
        await transport.StartAsync(host.HandleAsync, cancellationToken);
        _keeping = Task.Run(() => KeepAsync(_stopping.Token), CancellationToken.None);
        await WaitUntilListedAsync(cancellationToken);
        string? said = null;
        while (true)
        {
            try
            {
                await client.RunAsync(OperationGoal.Configure, null, StartStep, cancellationToken);
                var done = await client.RunAsync(OperationGoal.Change, Registration(), StartStep, cancellationToken);
                Take(done);
                LogRegistered(_logger, _state.Number!.Value, done.Value!.Configuration.Members.Count);
                return;
            }
            catch (NoQuorumException exception)
            {
                _state = _state with { Problem = exception.Message };
                said = SayWaiting(said, exception.Message);
            }
        }
    }

    private RegisterChange Registration()
    {
        var nowTicks = time.GetUtcNow().UtcTicks;
        return MembershipChange.Of(
            table => table.Register(list.Self!.Value, identity.Address, identity.Generation, nowTicks), nowTicks);
    }

    // Once, until something else is to be said.
    private string SayWaiting(string? said, string problem)
    {
        var (listed, reachable) = (caller.Listed, caller.Reachable());
        var isQuorum = Acceptors.IsQuorumOf(listed, reachable.Contains);
        var names = string.Join(", ", reachable);
        var saying = isQuorum ? problem : names;
        if (saying != said && isQuorum)
        {
            LogNotYet(_logger, problem);
        }
        else if (saying != said)
        {
            LogWaiting(_logger, Acceptors.QuorumSize(listed.Count), listed.Count, names);
        }

        return saying;
    }

    private async Task WaitUntilListedAsync(CancellationToken cancellationToken)
    {
        for (var current = list.Current; !IsListed(current);)
        {
            _state = _state with { Problem = NotListed };
            if (current.Nodes.Count > 0)
            {
                LogNotListed(_logger, list.Self!.Value.Value, string.Join(", ", current.Nodes.Select(node => node.Name)));
            }

            current = await list.WaitForChangeAsync(current.Version, cancellationToken);
        }
    }

    private string NotListed => $"{list.Self} is not in its own node list";

    private bool IsListed(NodeListSnapshot snapshot) => snapshot.Nodes.Any(node => node.Name == list.Self);

    // Looks at once when the list changes, else now and then: a store may be new, a node may have come late.
    private async Task KeepAsync(CancellationToken stopping)
    {
        var seen = list.Current.Version;
        try
        {
            while (true)
            {
                var period = _state.Problem is null && _wasActive ? KeepPeriod : KeepPeriodInTrouble;
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                var changed = list.WaitForChangeAsync(seen, enough.Token);
                await Task.WhenAny(changed, Task.Delay(period, time, enough.Token));
                seen = changed.IsCompletedSuccessfully ? changed.Result.Version : seen;
                await enough.CancelAsync();
                stopping.ThrowIfCancellationRequested();
                if (_state.Number is not null)
                {
                    await KeepOnceAsync(stopping);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task KeepOnceAsync(CancellationToken cancellationToken)
    {
        var before = _state.Problem;
        try
        {
            await BuryAsync(
                Take(await client.RunAsync(OperationGoal.Configure, null, KeepLimit, cancellationToken)), cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            var place = exception is NoQuorumException ? "this node is in the minority: " : "";
            _state = _state with { Problem = place + exception.Message, IsMinority = exception is NoQuorumException };
        }

        if (_state.Problem != before)
        {
            LogChanged();
        }
    }

    private void LogChanged()
    {
        if (_state.Problem is { } problem)
        {
            LogFailed(_logger, problem);
        }
        else
        {
            LogWorksAgain(_logger, _state.Nodes.Count);
        }
    }

    private MembershipTable Take(RegisterOperation operation)
    {
        var table = MembershipTable.Decode(operation.Value!.Content);
        var nodes = table.Nodes.Where(node => node.GoneTicks is null)
            .Select(node => new DiscoveredNode(node.Name, node.Number, node.Address));
        var problem = operation.Problem ?? (IsListed(list.Current) ? null : NotListed);
        _state = new RegistryState(table.NumberOf(list.Self!.Value), [.. nodes], problem);
        return table;
    }

    private bool IsOwn(MembershipRow row) => row.Name == list.Self!.Value.Value && row.Generation == identity.Generation;

    private sealed record RegistryState(
        int? Number, IReadOnlyList<DiscoveredNode> Nodes, string? Problem, bool IsMinority = false);
}

/// <summary>What this node says of itself at its start.</summary>
/// <param name="Address">The published IP address.</param>
/// <param name="Generation">Of this node's silo; greater than those of its older silos.</param>
internal sealed record NodeIdentity(string Address, int Generation);
