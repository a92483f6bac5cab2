using Microsoft.Extensions.DependencyInjection;
using MimGrains.Persistent;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Benchmarks.Silo;

/// <summary>How to write one session.</summary>
internal enum PersistentWriteKind
{
    Dirty,
    SyncDirty,
    Transaction,
    SyncTransaction,
}

/// <param name="Storage">Which table of sessions.</param>
/// <param name="Kind">How.</param>
/// <param name="Workers">Callers side by side.</param>
/// <param name="WarmupSeconds">Seconds that are not measured.</param>
/// <param name="Seconds">Seconds that are.</param>
internal sealed record PersistentWriteParameters(
    StorageType Storage, PersistentWriteKind Kind, int Workers, double WarmupSeconds, double Seconds);

/// <summary>
/// Workers in this silo write sessions with fresh keys; what is written is made before the clock of the operation
/// starts.
/// </summary>
internal sealed class PersistentWriteOperation() : SiloOperation<PersistentWriteParameters, LoadResult>(OperationName)
{
    public const string OperationName = "persistent-write";
    private const string Server = "persistent.example.com";

    protected override async Task<LoadResult> RunAsync(
        SiloContext silo, PersistentWriteParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var table = PersistentData.Sessions(with.Storage);
        var dirty = silo.Services.GetRequiredService<IPersistentTables>().Get<SessionKey, SessionRecord>(table.Name);
        var transactions = silo.Services.GetRequiredService<ITransactions>();
        using var loop = new ClosedLoop<TableEntry<SessionKey, SessionRecord>>(
            with.Workers,
            TimeSpan.FromSeconds(with.WarmupSeconds),
            TimeSpan.FromSeconds(with.Seconds),
            (worker, sequence) => SessionData.Entry((sequence * with.Workers) + worker, Server, silo.Address),
            with.Kind switch
            {
                PersistentWriteKind.Dirty => entry => dirty.WriteAsync(entry.Key, entry.Record, CancellationToken.None),
                PersistentWriteKind.SyncDirty => entry => transactions.SyncDirtyAsync(
                    async activity => await activity.WriteAsync(table, entry.Key, entry.Record)),
                PersistentWriteKind.Transaction => entry => transactions.TransactionAsync(
                    async transaction => await transaction.WriteAsync(table, entry.Key, entry.Record)),
                PersistentWriteKind.SyncTransaction => entry => transactions.SyncTransactionAsync(
                    async transaction => await transaction.WriteAsync(table, entry.Key, entry.Record)),
                _ => throw new ArgumentException($"No such kind of write: {with.Kind}.", nameof(with)),
            });
        return await loop.RunAsync(cancellationToken);
    }
}
