using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tests.Transactions;

/// <summary>Transactions of silos.</summary>
public sealed class TransactionTests(BankCluster bank) : TransactionContract(bank)
{
    [Fact]
    public async Task A_transaction_that_starts_again_is_not_told_to_be_aborted()
    {
        await Bank.FillAsync();
        var holds = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        var older = Bank.Transactions(0).TransactionAsync(async transaction =>
        {
            await transaction.ReadForWriteAsync(BankCluster.Balances, "5");
            holds.SetResult();
            await mayEnd.Task;
        });
        await holds.Task;

        var outcome = await Bank.Transactions(1).TransactionAsync(async transaction =>
        {
            await transaction.ReadForWriteAsync(BankCluster.Balances, "6");
            try
            {
                await transaction.ReadForWriteAsync(BankCluster.Balances, "5");
            }
            catch
            {
                mayEnd.SetResult();
                throw;
            }

            Assert.Equal(2, transaction.Attempt);
            return await Bank.Transactions(1).OutcomeAsync(transaction.Id);
        });
        Assert.Equal(TransactionOutcome.Unknown, outcome);
        await older;
    }

    protected override ITransactions Transactions(int caller) => Bank.Transactions(caller);
}
