using MimGrains.Cets.Clients;
using MimGrains.Operation;
using MimGrains.Tables;
using Orleans.Concurrency;

namespace MimGrains.Cets.Operation;

/// <summary>Passes the calls of an operator's client to the silo that it runs on, which is the client's gateway.</summary>
[StatelessWorker, Reentrant, GrainType("mimgrains.operator")]
internal sealed class OperatorGrain(IClusterOperator cluster, WatchDesk watches) : Grain, IOperatorGrain
{
    public Task<CetsSystemInfo> SystemInfoAsync(CancellationToken cancellationToken) => cluster.SystemInfoAsync(cancellationToken);

    public Task<ClusterNode[]> NodesAsync() => Task.FromResult(cluster.Nodes().ToArray());

    public Task<TableInfo[]> TablesAsync() => Task.FromResult(cluster.Tables().ToArray());

    public Task<TableVerification> VerifyAsync(string table, CancellationToken cancellationToken) =>
        cluster.VerifyAsync(table, cancellationToken);

    public Task<string> EvictAsync(string silo, CancellationToken cancellationToken) => cluster.EvictAsync(silo, cancellationToken);

    public Task<string[]> ConfirmListAsync() => Task.FromResult(cluster.ConfirmList().ToArray());

    public Task<Guid> BeginWatchAsync(string table)
    {
        _ = cluster.WatchAsync(table); // A table that is not there is an error here, not at the first read.
        return Task.FromResult(watches.Begin(token => cluster.WatchAsync(table, token)));
    }

    public async Task<TableChangeText[]?> NextChangesAsync(Guid watch) =>
        watches.Find<TableChangeText>(watch) is { } found ? await found.NextAsync() : null;

    public Task EndWatchAsync(Guid watch)
    {
        watches.End(watch);
        return Task.CompletedTask;
    }
}
