using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Metrics;
using MimGrains.Persistent;
using CoreId = MimGrains.Core.Transactions.TransactionId;
using TransactionId = MimGrains.Persistent.TransactionId;

namespace MimGrains.Mnesia.Transactions;

// attempt: the body takes locks and reads -> its writes go out with the commit -> the verdict; restart with the age that it has
/// <inheritdoc cref="ITransactions"/>
internal sealed partial class TransactionRunner(
    TransactionServices services, FragmentServiceClient silos, MnesiaMetrics metrics, ILogger<TransactionRunner> logger) : ITransactions
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    // So much longer a commit that is under way is waited for.
    private static readonly TimeSpan DecisionGrace = TimeSpan.FromSeconds(5);

    // After an attempt that lost a fragment, which is being opened elsewhere.
    private static readonly TimeSpan AgainPause = TimeSpan.FromMilliseconds(20);

    private static readonly AsyncLocal<TransactionContext?> Running = new();

    private readonly ILogger _logger = logger;

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

    public async Task<TransactionOutcome> OutcomeAsync(TransactionId id, CancellationToken cancellationToken = default)
    {
        var (attempt, decider) = Parse(id);
        var known = services.Ledger.OutcomeOf(id.Value);
        if (known != TransactionOutcome.Unknown)
        {
            return known;
        }

        if (attempt.Coordinator != services.Directory.Self && !services.Directory.IsDead(attempt.Coordinator))
        {
            known = await silos.Of(attempt.Coordinator).Outcome(id.Value).WaitAsync(cancellationToken);
        }
        else if (decider is { } fragment)
        {
            var reply = await services.Caller.TryAskAsync(
                new PlannedCall(fragment, PlannedCallKind.AskOutcome, attempt, new TransactionAge(0, attempt), 0, false, false));
            known = reply?.Kind switch
            {
                AnswerKind.Committed => TransactionOutcome.Committed,
                AnswerKind.Aborted => TransactionOutcome.Aborted,
                _ => TransactionOutcome.Unknown,
            };
        }

        return known;
    }

    private async Task<TResult> RunDirtyAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, ActivityKind kind, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        var id = services.Ledger.Begin();
        services.Ledger.Close(id);
        return await body(new DirtyContext(services, this, new TransactionId(TransactionLedger.NameOf(id)), kind, cancellationToken));
    }

    private async Task<TResult> RunAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, ActivityKind kind, TransactionOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (IsInTransaction)
        {
            throw new InvalidOperationException("This runs in a transaction already: nest with ITransaction.TransactionAsync.");
        }

        try
        {
            var result = await RunAttemptsAsync(body, kind, options, cancellationToken);
            metrics.OnCommitted();
            return result;
        }
        catch (Exception error)
        {
            metrics.OnFailed(error);
            throw;
        }
    }

    private async Task<TResult> RunAttemptsAsync<TResult>(
        Func<ITransaction, Task<TResult>> body, ActivityKind kind, TransactionOptions options, CancellationToken cancellationToken)
    {
        var timeout = options.Timeout ?? DefaultTimeout;
        using var expiry = new CancellationTokenSource(timeout, services.Time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        Attempt? before = null;
        for (var number = 1; ; number++)
        {
            var attempt = new Attempt(services, kind, number, before, ending.Token);
            var end = await RunAttemptAsync(body, attempt);
            if (end.IsDone)
            {
                return end.Result!;
            }

            if (FailureOf() is { } failure)
            {
                // Not before: an attempt that is run again may still commit, under the same name.
                services.Ledger.Note(attempt.Context.Id.Value, TransactionOutcome.Aborted);
                ExceptionDispatchInfo.Throw(failure);
            }

            metrics.OnRestarted();
            before = attempt;
            if (attempt.Plan.RefusedAt is null)
            {
                await Task.Delay(AgainPause, services.Time, CancellationToken.None);
            }

            // Null: it is run again.
            Exception? FailureOf() =>
                cancellationToken.IsCancellationRequested && end.Failure is OperationCanceledException
                    ? new OperationCanceledException(cancellationToken)
                : expiry.IsCancellationRequested ? new TransactionTimeoutException(attempt.Context.Id, timeout, end.Detail)
                : end.Failure is { } error ? error
                : number > options.Retries
                    ? new TransactionAbortedException(attempt.Context.Id, AbortReason.TooManyRestarts, end.Detail)
                : null;
        }
    }

    private async Task<AttemptEnd<TResult>> RunAttemptAsync<TResult>(Func<ITransaction, Task<TResult>> body, Attempt attempt)
    {
        var (context, conversation) = (attempt.Context, attempt.Conversation);
        using var renewal = services.Time.CreateTimer(
            _ => conversation.Renew(), null, FragmentHost.Lease / 3, FragmentHost.Lease / 3);
        Running.Value = context;
        TResult result;
        try
        {
            await attempt.TakeRefusedAsync();
            result = await body(context);
            context.End();
            conversation.Commit(Limited(context.Writes(), context.Id), attempt.EpochOf, services.IsStored);
        }
        catch (Exception exception)
        {
            context.End();
            var detail = exception is OperationCanceledException ? conversation.WaitsFor : exception.Message;
            conversation.Abort(detail);
            // Restarted even if the body has made another error of it.
            var isRestart = exception is TransactionRestartException || attempt.Plan.Verdict == TransactionVerdict.Restart;
            return new AttemptEnd<TResult>(false, default, isRestart ? null : exception, detail);
        }

        await WaitAsync(attempt);
        switch (attempt.Plan.Verdict)
        {
            case TransactionVerdict.Committed:
                services.Ledger.Note(context.Id.Value, TransactionOutcome.Committed);
                if (context.Kind == ActivityKind.SyncTransaction)
                {
                    await conversation.Settled;
                }

                return new AttemptEnd<TResult>(true, result, null, "");
            case TransactionVerdict.Restart:
                return new AttemptEnd<TResult>(false, default, null, attempt.Plan.Reason);
            default:
                Exception failure = context.CancellationToken.IsCancellationRequested
                    ? new OperationCanceledException(context.CancellationToken)
                    : new TransactionAbortedException(context.Id, AbortReason.StorageUnavailable, attempt.Plan.Reason);
                return new AttemptEnd<TResult>(false, default, failure, attempt.Plan.Reason);
        }
    }

    private static Dictionary<FragmentId, IReadOnlyList<FragmentWrite>> Limited(
        Dictionary<FragmentId, IReadOnlyList<FragmentWrite>> writes, TransactionId id)
    {
        foreach (var (fragment, ofFragment) in writes)
        {
            var bytes = ofFragment.Sum(write => (long)write.Key.Length + write.Record.Length);
            if (bytes > TransactionOptions.MaxWriteBytes)
            {
                throw new TransactionAbortedException(
                    id,
                    AbortReason.Refused,
                    $"its {ofFragment.Count} writes to fragment {fragment} are {bytes} bytes, and more than " +
                    $"{nameof(TransactionOptions.MaxWriteBytes)} = {TransactionOptions.MaxWriteBytes}");
            }
        }

        return writes;
    }

    // A commit that is under way is waited for, if the time is over for a moment only.
    private async Task WaitAsync(Attempt attempt)
    {
        var decided = attempt.Conversation.Decided;
        await decided.WaitAsync(attempt.Context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (decided.IsCompleted)
        {
            return;
        }

        attempt.Conversation.Abort("its time is over");
        await decided.WaitAsync(DecisionGrace, services.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!decided.IsCompleted)
        {
            var name = $"{TransactionLedger.NameOf(attempt.Plan.Id)}@{attempt.Plan.Decider}";
            LogInDoubt(_logger, name, attempt.Plan.Reason);
            _ = NoteWhenDecidedAsync(name, attempt);
            throw new TransactionInDoubtException(new TransactionId(name), attempt.Plan.Reason);
        }
    }

    private async Task NoteWhenDecidedAsync(string name, Attempt attempt)
    {
        await attempt.Conversation.Decided;
        services.Ledger.Note(name, attempt.Plan.Verdict == TransactionVerdict.Committed
            ? TransactionOutcome.Committed
            : TransactionOutcome.Aborted);
    }

    private static (CoreId Attempt, FragmentId? Decider) Parse(TransactionId id)
    {
        var parts = id.Value?.Split('#', '@') ?? [];
        if (parts.Length < 3 || !long.TryParse(parts[2], out var number))
        {
            throw new ArgumentException($"{id.Value} is no name of a transaction.", nameof(id));
        }

        // The name of a silo has an @ itself.
        var attempt = new CoreId(new ReplicaId($"{parts[0]}@{parts[1]}"), number);
        var slash = parts.Length > 3 ? parts[3].LastIndexOf('/') : -1;
        return (attempt, slash < 0 ? null : new FragmentId(
            parts[3][..slash], int.Parse(parts[3][(slash + 1)..], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [LoggerMessage(FragmentEventId.InDoubt, LogLevel.Warning, "Transaction {Transaction} is in doubt: {Reason}")]
    private static partial void LogInDoubt(ILogger logger, string transaction, string reason);

    private readonly record struct AttemptEnd<TResult>(bool IsDone, TResult? Result, Exception? Failure, string Detail);
}

/// <summary>One run of the body of a transaction.</summary>
internal sealed class Attempt
{
    private readonly TransactionServices _services;
    private readonly (FragmentId Fragment, IReadOnlyList<LockWish> Locks)? _refused;

    public Attempt(
        TransactionServices services, ActivityKind kind, int number, Attempt? before, CancellationToken cancellationToken)
    {
        _services = services;
        _refused = before?.Plan.RefusedAt;
        var id = services.Ledger.Begin();
        var micros = (services.Time.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
        Plan = new TransactionPlan(id, before?.Plan.Age ?? new TransactionAge(micros, id));
        Conversation = new PlanConversation(
            Plan, services.Caller, services.Ledger, services.Time, kind == ActivityKind.SyncTransaction);
        Context = new TransactionContext(
            services, Conversation, new TransactionId(TransactionLedger.NameOf(Plan.Age.First)), kind, number, cancellationToken);
    }

    public TransactionPlan Plan { get; }

    public PlanConversation Conversation { get; }

    public TransactionContext Context { get; }

    public long EpochOf(FragmentId fragment) => _services.Directory.EpochOf(fragment);

    /// <summary>Takes first what the attempt before was refused: it waits for it with no lock in its hands.</summary>
    public async Task TakeRefusedAsync()
    {
        if (_refused is { } refused)
        {
            await Conversation.AcquireAsync(refused.Fragment, refused.Locks, Context.CancellationToken);
        }
    }
}
