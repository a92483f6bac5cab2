namespace MimGrains.Persistent;

/// <summary>Runs activities that return nothing.</summary>
public static class TransactionsExtensions
{
    /// <inheritdoc cref="ITransactions.TransactionAsync{TResult}"/>
    public static Task TransactionAsync(
        this ITransactions transactions,
        Func<ITransaction, Task> body,
        TransactionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transactions);
        return transactions.TransactionAsync(WithResult(body), options, cancellationToken);
    }

    /// <inheritdoc cref="ITransactions.SyncTransactionAsync{TResult}"/>
    public static Task SyncTransactionAsync(
        this ITransactions transactions,
        Func<ITransaction, Task> body,
        TransactionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transactions);
        return transactions.SyncTransactionAsync(WithResult(body), options, cancellationToken);
    }

    /// <inheritdoc cref="ITransactions.AsyncDirtyAsync{TResult}"/>
    public static Task AsyncDirtyAsync(
        this ITransactions transactions, Func<ITransaction, Task> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transactions);
        return transactions.AsyncDirtyAsync(WithResult(body), cancellationToken);
    }

    /// <inheritdoc cref="ITransactions.SyncDirtyAsync{TResult}"/>
    public static Task SyncDirtyAsync(
        this ITransactions transactions, Func<ITransaction, Task> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transactions);
        return transactions.SyncDirtyAsync(WithResult(body), cancellationToken);
    }

    /// <inheritdoc cref="ITransaction.TransactionAsync{TResult}"/>
    public static Task TransactionAsync(this ITransaction transaction, Func<ITransaction, Task> body)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return transaction.TransactionAsync(WithResult(body));
    }

    private static Func<ITransaction, Task<bool>> WithResult(Func<ITransaction, Task> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return async transaction =>
        {
            await body(transaction);
            return true;
        };
    }
}
