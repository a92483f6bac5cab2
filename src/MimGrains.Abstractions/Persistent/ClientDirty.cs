namespace MimGrains.Persistent;

/// <summary>Operations of a client without a transaction, each for itself.</summary>
internal sealed class ClientDirty(
    ITransactionGrain grain, ITransactions transactions, TimeProvider time, ActivityKind kind, CancellationToken cancellationToken)
    : ClientActivity(cancellationToken)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AgainPause = TimeSpan.FromMilliseconds(100);

    public override TransactionId Id { get; } = new($"dirty-{Guid.NewGuid()}");

    public override ActivityKind Kind => kind;

    public override int Attempt => 1;

    // A transaction: an operation that is asked again after its answer was lost would count twice.
    public override async ValueTask<long> UpdateCounterAsync<TKey>(
        PersistentTableDefinition<TKey, Counter> table, TKey key, long increment) => kind == ActivityKind.SyncDirty
            ? await transactions.SyncTransactionAsync(
                async inner => await inner.UpdateCounterAsync(table, key, increment), cancellationToken: CancellationToken)
            : await transactions.TransactionAsync(
                async inner => await inner.UpdateCounterAsync(table, key, increment), cancellationToken: CancellationToken);

    public override Task<TResult> TransactionAsync<TResult>(Func<ITransaction, Task<TResult>> body) =>
        throw new InvalidOperationException("A dirty activity has no transactions in it: call ITransactions.TransactionAsync.");

    // Writes may be done more than once: what they say is what is there then.
    protected override async Task<object?> AskAsync(ClientStep step)
    {
        var startedAt = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await grain.DirtyAsync(step, kind == ActivityKind.SyncDirty).WaitAsync(CancellationToken);
            }
            catch (Exception exception) when (ClientSession.IsLost(exception))
            {
                if (time.GetElapsedTime(startedAt) >= Timeout)
                {
                    throw new TransactionTimeoutException(Id, Timeout, $"its gateway silo: {exception.Message}");
                }
            }

            await Task.Delay(AgainPause, time, CancellationToken);
        }
    }

    protected override async ValueTask SendAsync(ClientStep step) => await AskAsync(step);
}
