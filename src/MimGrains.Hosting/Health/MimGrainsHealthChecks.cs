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
    /// Adds four checks: <c>state</c> says in one word how the silo is (<see cref="SiloState"/>), and why: healthy when ready,
    /// degraded when degraded or in the minority, else unhealthy. The others say more: <c>silo</c> is unhealthy unless the silo is active, <c>tables</c> until all tables have joined, and then
    /// degraded until all persistent ones are loaded, and <c>discovery</c> is degraded while the database of the cluster does not
    /// answer, or the listed nodes or their list.
    /// </summary>
    public static IHealthChecksBuilder AddMimGrains(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder
            .AddCheck<StateHealthCheck>("state")
            .AddCheck<SiloHealthCheck>("silo")
            .AddCheck<TablesHealthCheck>("tables")
            .AddCheck<DiscoveryHealthCheck>("discovery");
    }

    private sealed class StateHealthCheck(ISiloHealth health) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var (state, reason) = health.Current;
            var text = $"{state}: {reason}";
            return Task.FromResult(state switch
            {
                SiloState.Ready => HealthCheckResult.Healthy(text),
                SiloState.Degraded or SiloState.Minority => HealthCheckResult.Degraded(text),
                _ => HealthCheckResult.Unhealthy(text),
            });
        }
    }

    private sealed class SiloHealthCheck(ISiloStatusOracle silo) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(silo.CurrentStatus == SiloStatus.Active
                ? HealthCheckResult.Healthy($"{silo.SiloAddress} is active")
                : HealthCheckResult.Unhealthy($"{silo.SiloAddress} is {silo.CurrentStatus}"));
    }

    private sealed class TablesHealthCheck(ITableCatalog tables, LoadingTables persistent) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(tables.NotReady is { Count: > 0 } joining
                ? HealthCheckResult.Unhealthy($"tables that have not joined yet: {string.Join(", ", joining)}")
                : persistent.Describe() is { } loading
                    ? HealthCheckResult.Degraded(loading)
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
