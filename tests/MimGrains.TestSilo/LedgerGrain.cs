using MimGrains.Persistent;
using Orleans.Concurrency;

namespace MimGrains.TestSilo;

/// <inheritdoc cref="ILedgerGrain"/>
[StatelessWorker, Reentrant]
internal sealed class LedgerGrain(ITransactions transactions) : Grain, ILedgerGrain
{
    public Task<AccountRead[]> RunAsync(LedgerRequest request) => transactions.TransactionAsync(
        transaction => RunAsync(transaction, request), new TransactionOptions { Timeout = request.Timeout });

    public Task HoldAsync(AccountName[] accounts, TimeSpan timeout) => transactions.TransactionAsync(
        async transaction =>
        {
            foreach (var account in accounts)
            {
                await transaction.ReadForWriteAsync(Ledgers.Of(account.Storage), account.Key);
            }

            await Task.Delay(Timeout.Infinite, transaction.CancellationToken);
        },
        new TransactionOptions { Timeout = timeout });

    public Task<TransactionOutcome> OutcomeAsync(TransactionId id) => transactions.OutcomeAsync(id);

    private static async Task<AccountRead[]> RunAsync(ITransaction transaction, LedgerRequest request)
    {
        var reads = new AccountRead[request.Steps.Length];
        for (var index = 0; index < reads.Length; index++)
        {
            var step = request.Steps[index];
            var table = Ledgers.Of(step.Name.Storage);
            var account = step.Amount is null || step.IsUpgrade
                ? await transaction.ReadAsync(table, step.Name.Key)
                : await transaction.ReadForWriteAsync(table, step.Name.Key);
            reads[index] = new AccountRead(step.Name, account);
            if (step.Amount is { } amount)
            {
                await transaction.WriteAsync(table, step.Name.Key, Account.Next(account, request.Id, amount));
            }
        }

        return reads;
    }
}
