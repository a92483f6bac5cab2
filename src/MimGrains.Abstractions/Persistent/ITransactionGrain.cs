using Orleans.Concurrency;

namespace MimGrains.Persistent;

// open -> ask 1 [writes..., read] ... -> ask n [writes..., commit] -> ended -> done.  Now and then: renew.  The body threw: abort
/// <summary>
/// Keeps the transactions of Orleans clients on their gateway silo, while their bodies run in the client. Clients use
/// <see cref="ITransactions"/>.
/// </summary>
[Alias("mimgrains.transaction-grain")]
public interface ITransactionGrain : IGrainWithIntegerKey
{
    /// <summary>Begins a transaction.</summary>
    /// <param name="session">The transaction, as its client names it. New each time.</param>
    /// <param name="isSync">Whether all live silos shall have it when it is committed.</param>
    /// <param name="options">Its limits.</param>
    [Alias("open")]
    Task<ClientReply> OpenAsync(Guid session, bool isSync, ClientLimits options);

    /// <summary>
    /// Does the next steps, in this order; the answer is that of the last one. Asked again with the same number, it does nothing, and
    /// gives the same answer.
    /// </summary>
    [Alias("ask")]
    Task<ClientReply> AskAsync(Guid session, int number, ClientStep[] steps);

    /// <summary>The client lives.</summary>
    [Alias("renew"), OneWay]
    Task RenewAsync(Guid session);

    /// <summary>The client has the outcome.</summary>
    [Alias("done"), OneWay]
    Task DoneAsync(Guid session);

    /// <summary>Ends what is not being committed without any effect. Returns when its locks are on their way back.</summary>
    [Alias("abort")]
    Task AbortAsync(Guid session);

    /// <summary>Does one step without a transaction.</summary>
    [Alias("dirty")]
    Task<object?> DirtyAsync(ClientStep step, bool isSync);

    /// <summary>As <see cref="ITransactions.OutcomeAsync"/>.</summary>
    [Alias("outcome")]
    Task<TransactionOutcome> OutcomeAsync(TransactionId id);
}

/// <summary>The limits of a client's transaction.</summary>
/// <param name="Retries">How often its body may be run again; null for no limit.</param>
/// <param name="Timeout">How long it may take.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.client-limits")]
public sealed record ClientLimits([property: Id(0)] int? Retries, [property: Id(1)] TimeSpan Timeout);

/// <summary>What a request of a client has led to.</summary>
public enum ClientReplyKind
{
    /// <summary>The last step has returned, or thrown what the body may handle.</summary>
    Done = 0,

    /// <summary>The body is to be run again.</summary>
    Restarted = 1,

    /// <summary>The transaction has ended: committed, or with a failure.</summary>
    Ended = 2,

    /// <summary>It is still being done: ask again.</summary>
    Pending = 3,

    /// <summary>This silo does not know the transaction.</summary>
    Unknown = 4,
}

/// <summary>An answer to a request of a client.</summary>
/// <param name="Kind">What has happened.</param>
/// <param name="Id">The transaction, as the silos name it.</param>
/// <param name="Attempt">Which run of the body the silo is in.</param>
/// <param name="Value">What the last step has returned.</param>
/// <param name="Failure">What it has thrown instead.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.client-reply")]
public sealed record ClientReply(
    [property: Id(0)] ClientReplyKind Kind,
    [property: Id(1)] TransactionId Id,
    [property: Id(2)] int Attempt,
    [property: Id(3)] object? Value = null,
    [property: Id(4)] Exception? Failure = null);
