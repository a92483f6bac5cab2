using Microsoft.Extensions.DependencyInjection;
using MimGrains.Clustering;
using MimGrains.Tables;
using Orleans.Runtime;

namespace MimGrains.Hosting.Health;

/// <summary>Puts together what membership, tables and discovery say.</summary>
internal sealed class SiloHealth(
    ISiloStatusOracle silo, ITableCatalog tables, INodeRegistry nodes, Readiness readiness, LoadingTables persistent) : ISiloHealth
{
    public (SiloState State, string Reason) Current => silo.CurrentStatus switch
    {
        SiloStatus.ShuttingDown or SiloStatus.Stopping or SiloStatus.Dead =>
            (SiloState.Stopping, $"{silo.SiloAddress} is {silo.CurrentStatus}"),
        not SiloStatus.Active => (SiloState.Starting, nodes.Problem ?? $"{silo.SiloAddress} is {silo.CurrentStatus}"),
        _ when tables.NotReady is { Count: > 0 } joining =>
            (SiloState.Starting, $"tables that have not joined yet: {string.Join(", ", joining)}"),
        _ when !readiness.WasReady => (SiloState.Starting, persistent.Describe() ?? "the start is not finished"),
        _ when nodes.IsMinority => (SiloState.Minority, nodes.Problem ?? "too few listed nodes are there"),
        _ when !nodes.DiscoveryWorks => (SiloState.Degraded, nodes.Problem ?? "nodes cannot be discovered"),

        // One that was created while the silo runs: all others serve.
        _ when persistent.Describe() is { } loading => (SiloState.Degraded, loading),
        _ => (SiloState.Ready, $"{tables.Names.Count} tables, {nodes.Nodes.Count} nodes"),
    };
}

/// <summary>Registers what says how a silo is.</summary>
internal static class SiloHealthServices
{
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<LoadingTables>();
        services.AddSingleton<ISiloHealth, SiloHealth>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<Readiness>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<Readiness>());
    }
}
