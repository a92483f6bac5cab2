using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MimGrains.Clustering;
using MimGrains.Tables;
using Orleans.Runtime;

namespace MimGrains.Hosting.Health;

/// <summary>Adds the health of a silo to .NET's health checks.</summary>
public static class MimGrainsHealthChecks
{
    /// <summary>
    /// Adds three checks: <c>silo</c> is unhealthy unless the silo is active, <c>tables</c> until all tables have joined, and
    /// <c>discovery</c> is degraded while the database of the cluster does not answer, or the listed nodes or their list.
    /// </summary>
    public static IHealthChecksBuilder AddMimGrains(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder
            .AddCheck<SiloHealthCheck>("silo")
            .AddCheck<TablesHealthCheck>("tables")
            .AddCheck<DiscoveryHealthCheck>("discovery");
    }

    private sealed class SiloHealthCheck(ISiloStatusOracle silo) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(silo.CurrentStatus == SiloStatus.Active
                ? HealthCheckResult.Healthy($"{silo.SiloAddress} is active")
                : HealthCheckResult.Unhealthy($"{silo.SiloAddress} is {silo.CurrentStatus}"));
    }

    private sealed class TablesHealthCheck(ITableCatalog tables) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(tables.NotReady is { Count: > 0 } joining
                ? HealthCheckResult.Unhealthy($"tables that have not joined yet: {string.Join(", ", joining)}")
                : HealthCheckResult.Healthy($"{tables.Names.Count} tables are ready"));
    }

    private sealed class DiscoveryHealthCheck(INodeRegistry nodes) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(nodes.DiscoveryWorks
                ? HealthCheckResult.Healthy($"{nodes.Nodes.Count} nodes are listed")
                : HealthCheckResult.Degraded($"the cluster goes on as it is, silos can neither join nor leave: {nodes.Problem}"));
    }
}
