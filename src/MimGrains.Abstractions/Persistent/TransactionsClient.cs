using System.Runtime.ExceptionServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MimGrains.Persistent;

/// <summary>
/// Runs activities of an Orleans client: bodies here, their operations on the gateway silo. Registered by
/// <see cref="TransactionsClientExtensions.AddTransactionsClient"/>.
/// </summary>
/// <param name="grainOf">Returns the grain of a key.</param>
/// <param name="time">The clock.</param>
internal sealed class TransactionsClient(Func<long, ITransactionGrain> grainOf, TimeProvider time) : ITransactions
{
    // Spreads transactions over the gateways. Dirty activities have one, so that no read goes back in time.
    private const int GrainKeys = 32;

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    // A third of what a silo gives a client that is not heard of.
    private static readonly TimeSpan RenewalPeriod = TimeSpan.FromSeconds(5);

    private static readonly AsyncLocal<ClientTransaction?> Running = new();

    private uint _opened;

    public bool IsInTransaction => Running.Value is { IsOver: false };

    public Task<TResult> TransactionAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, TransactionOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync(body, ActivityKind.Transaction, options ?? new TransactionOptions(), cancellationToken);

    public Task<TResult> SyncTransactionAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, TransactionOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync(body, ActivityKind.SyncTransaction, options ?? new TransactionOptions(), cancellationToken);

    public Task<TResult> AsyncDirtyAsync<TResult>(Func<ITransaction, Task<TResult>> body, CancellationToken cancellationToken = default) =>
        RunDirtyAsync(body, ActivityKind.AsyncDirty, cancellationToken);

    public Task<TResult> SyncDirtyAsync<TResult>(Func<ITransaction, Task<TResult>> body, CancellationToken cancellationToken = default) =>
        RunDirtyAsync(body, ActivityKind.SyncDirty, cancellationToken);

    public Task<TransactionOutcome> OutcomeAsync(TransactionId id, CancellationToken cancellationToken = default) =>
        grainOf(0).OutcomeAsync(id).WaitAsync(cancellationToken);

    private Task<TResult> RunDirtyAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, ActivityKind kind, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        return body(new ClientDirty(grainOf(0), this, time, kind, cancellationToken));
    }

    private async Task<TResult> RunAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, ActivityKind kind, TransactionOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (IsInTransaction)
        {
            throw new InvalidOperationException("This runs in a transaction already: nest with ITransaction.TransactionAsync.");
        }

        var timeout = options.Timeout ?? DefaultTimeout;
        var startedAt = time.GetTimestamp();
        using var expiry = new CancellationTokenSource(timeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        for (var lost = 0; ; lost++)
        {
            var grain = grainOf(Interlocked.Increment(ref _opened) % GrainKeys);
            var session = new ClientSession(grain, time, startedAt, timeout, cancellationToken);
            var (isDone, result, loss) = await RunSessionAsync(
                new Run<TResult>(body, kind, session, timeout, options.Retries - lost, ending.Token));
            if (isDone)
            {
                return result!;
            }

            // Its silo is gone, and nothing of it was to be committed yet: it never will be.
            var detail = loss?.Failure?.Message ?? "its gateway silo is gone";
            if (session.IsLate)
            {
                throw new TransactionTimeoutException(session.Transaction, timeout, $"its gateway silo: {detail}");
            }

            if (lost >= options.Retries)
            {
                throw new TransactionAbortedException(session.Transaction, AbortReason.TooManyRestarts, detail, loss?.Failure);
            }
        }
    }

    private async Task<(bool IsDone, TResult? Result, ClientReply? Loss)> RunSessionAsync<TResult>(Run<TResult> run)
    {
        var session = run.Session;
        var reply = await session.OpenAsync(run.Kind == ActivityKind.SyncTransaction, run.Retries);
        using var renewal = time.CreateTimer(_ => session.Renew(), null, RenewalPeriod, RenewalPeriod);
        while (reply.Kind is ClientReplyKind.Done or ClientReplyKind.Restarted)
        {
            (reply, var result) = await RunBodyAsync(run, reply);
            if (reply.Kind == ClientReplyKind.Ended && reply.Failure is null)
            {
                session.Done();
                return (true, result, null);
            }
        }

        if (reply.Kind == ClientReplyKind.Ended)
        {
            session.Done();
            ExceptionDispatchInfo.Throw(reply.Failure!);
        }

        return (false, default, reply);
    }

    private static async Task<(ClientReply Reply, TResult? Result)> RunBodyAsync<TResult>(Run<TResult> run, ClientReply begin)
    {
        var context = new ClientTransaction(run.Session, run.Kind, begin.Id, begin.Attempt, run.CancellationToken);
        Running.Value = context;
        TResult result;
        try
        {
            result = await run.Body(context);
            context.End();
            context.ThrowIfCancelled();
        }
        catch (Exception) when (context.Ended is not null)
        {
            // The end of the run, even if the body has made another error of it.
            context.End();
            return (context.Ended, default);
        }
        catch (OperationCanceledException) when (run.Session is { IsLate: true, CancellationToken.IsCancellationRequested: false })
        {
            context.End();
            await run.Session.AbortAsync();
            throw new TransactionTimeoutException(begin.Id, run.Timeout, "its body, in the client");
        }
        catch
        {
            context.End();
            await run.Session.AbortAsync();
            throw;
        }

        // A body that has kept the end of its run to itself is not committed.
        var reply = context.Ended ?? await context.CommitAsync();
        if (reply.Kind == ClientReplyKind.Unknown && context is { Ended: null, HasWritten: true } && run.Session.IsLastInDoubt)
        {
            throw new TransactionInDoubtException(
                begin.Id, reply.Failure?.Message ?? "its gateway silo was lost while it was being committed", reply.Failure);
        }

        return (reply, result);
    }

    private sealed record Run<TResult>(
        Func<ITransaction, Task<TResult>> Body,
        ActivityKind Kind,
        ClientSession Session,
        TimeSpan Timeout,
        int? Retries,
        CancellationToken CancellationToken);
}

/// <summary>Registers transactions of Orleans clients.</summary>
public static class TransactionsClientExtensions
{
    /// <summary>
    /// Adds <see cref="ITransactions"/> to an Orleans client. The silos must have the tables (<c>UsePersistentTables</c>), with the
    /// same types, and know the types of keys and records by their serializers. A second call does nothing.
    /// </summary>
    /// <remarks>
    /// <para>The body of a transaction runs in the client, its operations on the gateway silo: a call to begin, one for each read, one
    /// to commit. Writes travel with the next of these: one that the silo refuses ends the transaction then.</para>
    /// <para>A client that is not heard of for 15 s loses its transaction, and its locks within 20 s. If the gateway silo is lost before
    /// the commit was sent, the body is run again on another one, with a new age; after it, a transaction that has written is in doubt.
    /// Its outcome is known to the silo that was lost only: while that is unreachable, or when it has died,
    /// <see cref="ITransactions.OutcomeAsync"/> says <see cref="TransactionOutcome.Unknown"/>.</para>
    /// <para>Conditions (<c>where</c>) are checked in the client: all of the range travels. Without a transaction, tables on disc only
    /// cannot be searched.</para>
    /// </remarks>
    /// <param name="services">The services of the client.</param>
    public static IServiceCollection AddTransactionsClient(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ITransactions>(provider =>
        {
            var grains = provider.GetRequiredService<IGrainFactory>();
            return new TransactionsClient(
                key => grains.GetGrain<ITransactionGrain>(key), provider.GetRequiredService<TimeProvider>());
        });
        return services;
    }
}
