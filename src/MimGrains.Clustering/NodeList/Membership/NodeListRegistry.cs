using Microsoft.Extensions.Logging;
using MimGrains.Core.Consensus;
using MimGrains.Core.Identity;
using MimGrains.Core.Membership;
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
    TimeProvider time,
    ILogger<NodeListRegistry> logger) : INodeRegistry, ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    private static readonly TimeSpan StartStep = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan KeepLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeepPeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeepPeriodInTrouble = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LingerLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LingerStep = TimeSpan.FromMilliseconds(50);

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _keeping = Task.CompletedTask;
    private volatile RegistryState _state = new(null, [], "the other nodes were not asked yet");

    public int? NodeNumber => _state.Number;

    public IReadOnlyList<DiscoveredNode> Nodes => _state.Nodes;

    public bool DiscoveryWorks => Problem is null;

    public string? Problem => list.Current.Problem ?? _state.Problem;

    // Says first of all that it leaves, and stops after the silo is gone: until then the others need this node's vote.
    public void Participate(ISiloLifecycle observer)
    {
        observer.Subscribe(
            nameof(NodeListRegistry), ServiceLifecycleStage.Last, _ => Task.CompletedTask, _ => SayLeavingAsync());
        observer.Subscribe(
            nameof(NodeListRegistry), ServiceLifecycleStage.RuntimeInitialize, _ => Task.CompletedTask, StopAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _stopping.Dispose();
    }

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
            _state = _state with { Problem = $"{list.Self} is not in its own node list" };
            LogNotListed(_logger, list.Self!.Value.Value, string.Join(", ", current.Nodes.Select(node => node.Name)));
            current = await list.WaitForChangeAsync(current.Version, cancellationToken);
        }
    }

    private bool IsListed(NodeListSnapshot snapshot) => snapshot.Nodes.Any(node => node.Name == list.Self);

    // Looks at once when the list changes, else now and then: a store may be new, a node may have come late.
    private async Task KeepAsync(CancellationToken stopping)
    {
        var seen = list.Current.Version;
        try
        {
            while (true)
            {
                var period = _state.Problem is null ? KeepPeriod : KeepPeriodInTrouble;
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
            Take(await client.RunAsync(OperationGoal.Configure, null, KeepLimit, cancellationToken));
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            var place = exception is NoQuorumException ? "this node is in the minority: " : "";
            _state = _state with { Problem = place + exception.Message };
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

    private void Take(RegisterOperation operation)
    {
        var table = MembershipTable.Decode(operation.Value!.Content);
        var nodes = table.Nodes.Where(node => node.GoneTicks is null)
            .Select(node => new DiscoveredNode(node.Name, node.Number, node.Address));
        var problem = operation.Problem ?? (IsListed(list.Current) ? null : $"{list.Self} is not in its own node list");
        _state = new RegistryState(table.NumberOf(list.Self!.Value), [.. nodes], problem);
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_stopping.IsCancellationRequested)
        {
            await _stopping.CancelAsync();
            await _keeping;
            await LingerAsync();
            await transport.StopAsync(cancellationToken);
        }
    }

    // Told beside the table: who wants to write into it at the same time as others may have to wait for seconds.
    private async Task SayLeavingAsync()
    {
        if (_state.Number is null)
        {
            return;
        }

        try
        {
            var leaving = Leaving(list.Self!.Value.Value, identity.Generation);
            await client.TellAsync([new Heartbeat(leaving, time.GetUtcNow().UtcTicks)]);
        }
        catch (NoQuorumException exception)
        {
            LogFailed(_logger, exception.Message);
        }
    }

    // Nodes that stop at the same time need each other's votes: who is done first waits for the others to be done.
    private async Task LingerAsync()
    {
        var since = time.GetTimestamp();
        while (_state.Number is not null && OthersAreLeaving() && time.GetElapsedTime(since) < LingerLimit)
        {
            await Task.Delay(LingerStep, time);
        }
    }

    private bool OthersAreLeaving()
    {
        if (host.Acceptor.Value is not { } value)
        {
            return false;
        }

        var told = host.Heartbeats().Select(heartbeat => heartbeat.Silo).ToHashSet();
        return MembershipTable.Decode(value.Content).Rows.Any(row =>
            row.Status != MembershipRow.Dead
            && row.Name != list.Self!.Value.Value
            && told.Contains(Leaving(row.Name, row.Generation)));
    }

    // Among the heartbeats, where no silo's address looks like this.
    private static string Leaving(string node, int generation) => $"leaving {node} {generation}";

    private sealed record RegistryState(int? Number, IReadOnlyList<DiscoveredNode> Nodes, string? Problem);
}

/// <summary>What this node says of itself at its start.</summary>
/// <param name="Address">The published IP address.</param>
/// <param name="Generation">Of this node's silo; greater than those of its older silos.</param>
internal sealed record NodeIdentity(string Address, int Generation);
