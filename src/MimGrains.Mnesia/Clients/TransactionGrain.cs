using MimGrains.Persistent;
using Orleans.Concurrency;

namespace MimGrains.Mnesia.Clients;

/// <summary>Passes what a client's transactions ask to the silo that it runs on, which is the client's gateway.</summary>
[StatelessWorker, Reentrant, GrainType("mimgrains.transactions")]
internal sealed class TransactionGrain(TransactionDesk desk, ITransactions transactions) : Grain, ITransactionGrain
{
    public Task<ClientReply> OpenAsync(Guid session, bool isSync, ClientLimits options) => desk.OpenAsync(session, isSync, options);

    public Task<ClientReply> AskAsync(Guid session, int number, ClientStep[] steps) => desk.AskAsync(session, number, steps);

    public Task RenewAsync(Guid session)
    {
        desk.Renew(session);
        return Task.CompletedTask;
    }

    public Task DoneAsync(Guid session)
    {
        desk.Forget(session);
        return Task.CompletedTask;
    }

    public Task AbortAsync(Guid session) => desk.AbortAsync(session);

    public Task<object?> DirtyAsync(ClientStep step, bool isSync) => isSync
        ? transactions.SyncDirtyAsync(activity => step.RunAsync(activity, desk.Tables))
        : transactions.AsyncDirtyAsync(activity => step.RunAsync(activity, desk.Tables));

    public Task<TransactionOutcome> OutcomeAsync(TransactionId id) => transactions.OutcomeAsync(id);
}
