using Microsoft.Extensions.DependencyInjection;
using MimGrains.Clustering;
using MimGrains.Tables;
using Orleans.Runtime;

namespace MimGrains.Hosting.Health;

/// <summary>Puts together what membership, tables and discovery say.</summary>
internal sealed class SiloHealth(ISiloStatusOracle silo, ITableCatalog tables, INodeRegistry nodes) : ISiloHealth
{
    public (SiloState State, string Reason) Current => silo.CurrentStatus switch
    {
        SiloStatus.ShuttingDown or SiloStatus.Stopping or SiloStatus.Dead =>
            (SiloState.Stopping, $"{silo.SiloAddress} is {silo.CurrentStatus}"),
        not SiloStatus.Active => (SiloState.Starting, nodes.Problem ?? $"{silo.SiloAddress} is {silo.CurrentStatus}"),
        _ when tables.NotReady is { Count: > 0 } joining =>
            (SiloState.Starting, $"tables that have not joined yet: {string.Join(", ", joining)}"),
        _ when nodes.IsMinority => (SiloState.Minority, nodes.Problem ?? "too few listed nodes are there"),
        _ when !nodes.DiscoveryWorks => (SiloState.Degraded, nodes.Problem ?? "nodes cannot be discovered"),
        _ => (SiloState.Ready, $"{tables.Names.Count} tables, {nodes.Nodes.Count} nodes"),
    };
}

/// <summary>Completes when the tables have joined; the silo's lifecycle says so.</summary>
internal sealed class Readiness(ITableCatalog tables) : IReadiness, ILifecycleParticipant<ISiloLifecycle>
{
    // The start of the tables completes when all of them have joined; they start at Active + 100.
    private const int Stage = ServiceLifecycleStage.Active + 300;

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopping;

    public bool IsReady => _ready.Task.IsCompletedSuccessfully && !_isStopping && tables.NotReady.Count == 0;

    public Task WaitAsync(CancellationToken cancellationToken = default) => _ready.Task.WaitAsync(cancellationToken);

    public void Participate(ISiloLifecycle observer)
    {
        observer.Subscribe(nameof(Readiness), Stage, _ =>
        {
            _ready.TrySetResult();
            return Task.CompletedTask;
        }, _ =>
        {
            _isStopping = true;
            return Task.CompletedTask;
        });

        // A start that fails stops the stages that it has come to: whoever waits is to hear of it.
        observer.Subscribe(nameof(Readiness), ServiceLifecycleStage.First, _ => Task.CompletedTask, _ =>
        {
            _isStopping = true;
            _ready.TrySetCanceled(CancellationToken.None);
            return Task.CompletedTask;
        });
    }
}

/// <summary>Registers both.</summary>
internal static class SiloHealthServices
{
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<ISiloHealth, SiloHealth>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<Readiness>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<Readiness>());
    }
}
