using Microsoft.Extensions.DependencyInjection;
using MimGrains.Persistent;

namespace MimGrains.Benchmarks.Silo;

/// <param name="Storage">Which table of accounts.</param>
/// <param name="Rows">Accounts; each begins with <paramref name="Balance"/>.</param>
/// <param name="Balance">What is on each account.</param>
/// <param name="IsTransfer">Whether 1 is moved between two accounts; otherwise 1 is added to one.</param>
/// <param name="Workers">Callers side by side.</param>
/// <param name="WarmupSeconds">Seconds that are not measured.</param>
/// <param name="Seconds">Seconds that are.</param>
internal sealed record AccountParameters(
    StorageType Storage, int Rows, long Balance, bool IsTransfer, int Workers, double WarmupSeconds, double Seconds);

/// <summary>Workers in this silo change random accounts in transactions: read for write, then write.</summary>
internal sealed class AccountOperation() : SiloOperation<AccountParameters, LoadResult>(OperationName)
{
    public const string OperationName = "accounts";

    protected override async Task<LoadResult> RunAsync(
        SiloContext silo, AccountParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var table = PersistentData.Accounts(with.Storage);
        var transactions = silo.Services.GetRequiredService<ITransactions>();
        var randoms = Enumerable.Range(0, with.Workers).Select(worker => new Random(worker)).ToArray();
        using var loop = new ClosedLoop<(int From, int To)>(
            with.Workers,
            TimeSpan.FromSeconds(with.WarmupSeconds),
            TimeSpan.FromSeconds(with.Seconds),
            (worker, _) => Pick(randoms[worker], with.Rows),
            pair => with.IsTransfer
                ? transactions.TransactionAsync(async transaction =>
                {
                    await AddAsync(transaction, table, pair.From, -1);
                    await AddAsync(transaction, table, pair.To, 1);
                })
                : transactions.TransactionAsync(async transaction => await AddAsync(transaction, table, pair.From, 1)));
        return await loop.RunAsync(cancellationToken);
    }

    private static async Task AddAsync(ITransaction transaction, PersistentTableDefinition<int, Counter> table, int account, long amount)
    {
        var balance = await transaction.ReadForWriteAsync(table, account)
            ?? throw new InvalidOperationException($"There is no account {account}.");
        await transaction.WriteAsync(table, account, new Counter(balance.Value + amount));
    }

    private static (int From, int To) Pick(Random random, int rows)
    {
        var from = random.Next(rows);
        var to = random.Next(rows - 1);
        return (from, to < from ? to : to + 1);
    }
}

/// <param name="Storage">Which table of accounts.</param>
/// <param name="Rows">How many.</param>
/// <param name="Balance">What is on each.</param>
internal sealed record OpenAccountsParameters(StorageType Storage, int Rows, long Balance);

/// <summary>Clears the accounts and opens new ones.</summary>
internal sealed class OpenAccountsOperation() : SiloOperation<OpenAccountsParameters, long>(OperationName)
{
    public const string OperationName = "open-accounts";

    protected override async Task<long> RunAsync(
        SiloContext silo, OpenAccountsParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var table = PersistentData.Accounts(with.Storage);
        await silo.Services.GetRequiredService<IPersistentTables>().Get<int, Counter>(table.Name).ClearAsync(cancellationToken);
        return await silo.Services.GetRequiredService<ITransactions>().SyncTransactionAsync(
            async transaction =>
            {
                for (var account = 0; account < with.Rows; account++)
                {
                    await transaction.WriteAsync(table, account, new Counter(with.Balance));
                }

                return (long)with.Rows;
            },
            cancellationToken: cancellationToken);
    }
}
