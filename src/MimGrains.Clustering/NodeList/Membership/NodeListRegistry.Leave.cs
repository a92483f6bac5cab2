using MimGrains.Core.Consensus;
using MimGrains.Core.Membership;

namespace MimGrains.Clustering.NodeList;

// said: this node leaves -> Orleans writes that its silo is dead -> others that leave are waited for -> not listening
internal sealed partial class NodeListRegistry
{
    private static readonly TimeSpan LingerLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LingerStep = TimeSpan.FromMilliseconds(50);

    // Of each of the two changes that Orleans makes when a silo stops.
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan OneTry = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CallLimitAlone = TimeSpan.FromMilliseconds(500);

    private volatile bool _isLeaving;
    private volatile bool _isAlone;

    /// <summary>Returns the longest time that a call of the membership table may take.</summary>
    public TimeSpan TableCallLimit => _isAlone ? CallLimitAlone : CallLimit;

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

    /// <summary>A call of the membership table found no quorum.</summary>
    public void OnNoQuorum()
    {
        if (_isLeaving)
        {
            LeaveAlone();
        }
    }

    // Orleans tries for a minute and longer to write that a silo stops; it reads this limit anew for every change. Without the
    // others there is nothing to wait for: they declare the silo dead, or its next start does.
    private void LeaveAlone()
    {
        _isAlone = true;
        membership.Value.MaxJoinAttemptTime = OneTry;
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
    public async Task SayLeavingAsync()
    {
        if (_state.Number is null)
        {
            return;
        }

        _isLeaving = true;
        membership.Value.MaxJoinAttemptTime = LeaveLimit;
        try
        {
            var leaving = Leaving(list.Self!.Value.Value, identity.Generation);
            await client.TellAsync([new Heartbeat(leaving, time.GetUtcNow().UtcTicks)]);
        }
        catch (NoQuorumException exception)
        {
            LogLeavesAlone(_logger, exception.Message);
            _state = _state with { Problem = exception.Message };
            LeaveAlone();
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
}
