using Microsoft.Extensions.Logging;

namespace MimGrains.Clustering.Rdbms;

// start: schema -> own row with a number, tried again until the database answers; then every period: own row touched, others read
/// <summary>Keeps this node in the database's list of nodes, and the list at hand.</summary>
internal sealed partial class NodeRegistry(
    RdbmsDatabase database,
    SchemaInstaller schema,
    DiscoveryNodes table,
    TimeProvider time,
    ILogger<NodeRegistry> logger) : INodeRegistry, ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(30);

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _refreshing = Task.CompletedTask;
    private volatile DiscoveryState _state = new(null, [], "the database was not asked yet");

    public int? NodeNumber => _state.Number;

    public IReadOnlyList<DiscoveredNode> Nodes => _state.Nodes;

    public bool DiscoveryWorks => _state.Problem is null;

    public string? Problem => _state.Problem;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(NodeRegistry),
        ServiceLifecycleStage.ApplicationServices,
        _ =>
        {
            // Made here, not by the task: whoever moves the clock once this has completed moves the timer.
            var timer = new PeriodicTimer(RefreshPeriod, time);
            _refreshing = Task.Run(() => RefreshAsync(timer), CancellationToken.None);
            return Task.CompletedTask;
        },
        async _ =>
        {
            await _stopping.CancelAsync();
            await _refreshing;
        });

    public void Dispose() => _stopping.Dispose();

    /// <summary>
    /// Completes when the database has the schema, this node has a number and <paramref name="then"/> is done; tries all
    /// of it again while the database is away.
    /// </summary>
    /// <exception cref="RdbmsException">Waiting does not help: the configuration or the rights are wrong.</exception>
    public async Task StartAsync(Func<CancellationToken, Task> then, CancellationToken cancellationToken) =>
        await RdbmsRetry.UntilThere(time, OnAway).ExecuteAsync(
            async token => await RdbmsRetry.PermanentErrorsAsync(
                database,
                async () =>
                {
                    await schema.ApplyAsync(token);
                    await SyncAsync(token);
                    await then(token);
                }),
            cancellationToken);

    /// <summary>Touches the own row and reads the others, once.</summary>
    internal async Task SyncAsync(CancellationToken cancellationToken)
    {
        var (number, nodes, expired) = await table.SyncAsync(cancellationToken);
        var before = _state;
        _state = new DiscoveryState(number, nodes, null);
        if (before.Number is null)
        {
            LogRegistered(_logger, number, database.Display, nodes.Count);
        }
        else if (before.Number != number)
        {
            LogNumberChanged(_logger, before.Number.Value, number);
        }

        if (expired.Count > 0)
        {
            LogExpired(_logger, string.Join(", ", expired), DiscoveryNodes.ExpirySeconds);
        }

        if (before is { Number: not null, Problem: not null })
        {
            LogWorksAgain(_logger, database.Display);
        }
    }

    private void OnAway(string reason, TimeSpan pause)
    {
        _state = _state with { Problem = $"{database.Display}: {reason}" };
        LogAway(_logger, database.Display, reason, (long)pause.TotalMilliseconds);
    }

    private async Task RefreshAsync(PeriodicTimer timer)
    {
        using var ownTimer = timer;
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                await TryRefreshAsync();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task TryRefreshAsync()
    {
        try
        {
            await SyncAsync(_stopping.Token);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _state = _state with { Problem = $"{database.Display}: {exception.GetBaseException().Message}" };
            LogFailed(_logger, database.Display, exception.GetBaseException().Message);
        }
    }

    private sealed record DiscoveryState(int? Number, IReadOnlyList<DiscoveredNode> Nodes, string? Problem);
}
