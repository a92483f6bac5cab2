using Microsoft.Extensions.DependencyInjection;
using MimGrains.Persistent;
using MimGrains.Sessions;

namespace MimGrains.Benchmarks.Silo;

/// <param name="Storage">Which table.</param>
internal sealed record StorageParameters(StorageType Storage);

/// <summary>Returns how many sessions this silo's copy holds.</summary>
internal sealed class PersistentCountOperation() : SiloOperation<StorageParameters, long>(OperationName)
{
    public const string OperationName = "persistent-count";

    protected override Task<long> RunAsync(
        SiloContext silo, StorageParameters with, Action<string> progress, CancellationToken cancellationToken) => Task.FromResult(
            silo.Services.GetRequiredService<IPersistentTables>()
                .Get<SessionKey, SessionRecord>(PersistentData.Sessions(with.Storage).Name).Count);
}

/// <summary>Returns the sum of all accounts of this silo's copy.</summary>
internal sealed class AccountSumOperation() : SiloOperation<StorageParameters, long>(OperationName)
{
    public const string OperationName = "account-sum";

    protected override Task<long> RunAsync(
        SiloContext silo, StorageParameters with, Action<string> progress, CancellationToken cancellationToken) => Task.FromResult(
            silo.Services.GetRequiredService<IPersistentTables>()
                .Get<int, Counter>(PersistentData.Accounts(with.Storage).Name).Range().Sum(entry => entry.Record.Value));
}

/// <summary>Deletes all sessions, everywhere.</summary>
internal sealed class PersistentClearOperation() : SiloOperation<StorageParameters, long>(OperationName)
{
    public const string OperationName = "persistent-clear";

    protected override async Task<long> RunAsync(
        SiloContext silo, StorageParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        await silo.Services.GetRequiredService<IPersistentTables>()
            .Get<SessionKey, SessionRecord>(PersistentData.Sessions(with.Storage).Name).ClearAsync(cancellationToken);
        return 0;
    }
}

/// <param name="Storage">Which table.</param>
/// <param name="Server">Server name of the sessions.</param>
/// <param name="Records">How many.</param>
internal sealed record PersistentLoadParameters(StorageType Storage, string Server, long Records);

/// <summary>Writes sessions 0 to <c>Records</c> - 1 in transactions of 1,000.</summary>
internal sealed class PersistentLoadOperation() : SiloOperation<PersistentLoadParameters, long>(OperationName)
{
    public const string OperationName = "persistent-load";
    private const int Batch = 1_000;
    private const int Writers = 4;
    private const long ProgressStep = 100_000;

    protected override async Task<long> RunAsync(
        SiloContext silo, PersistentLoadParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var table = PersistentData.Sessions(with.Storage);
        var transactions = silo.Services.GetRequiredService<ITransactions>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = Writers, CancellationToken = cancellationToken };
        var batches = Enumerable.Range(0, (int)((with.Records + Batch - 1) / Batch));
        await Parallel.ForEachAsync(batches, options, async (batch, token) =>
        {
            var first = (long)batch * Batch;
            await transactions.TransactionAsync(
                async transaction =>
                {
                    for (var i = first; i < Math.Min(first + Batch, with.Records); i++)
                    {
                        var (key, record) = SessionData.Entry(i, with.Server, silo.Address);
                        await transaction.WriteAsync(table, key, record);
                    }
                },
                cancellationToken: token);
            if (first % ProgressStep == 0)
            {
                progress($"{first:N0} of {with.Records:N0} records");
            }
        });
        return with.Records;
    }
}
