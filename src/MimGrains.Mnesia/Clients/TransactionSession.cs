using MimGrains.Mnesia.Transactions;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Clients;

// begin: the silo's runner calls the body -> each request's steps -> its answer ... commit: the body returns -> ended
/// <summary>
/// One transaction of a client: an ordinary one of this silo, whose body does the steps that the client asks for. Thread-safe.
/// </summary>
/// <remarks>
/// Invariants: at most one request is under way; its answer is given once, and kept until the next one. The commit is the only way to
/// let the body return, and comes from the client only. After the end, every new request is answered with it.
/// </remarks>
internal sealed class TransactionSession(
    ITransactions transactions, ClientTables tables, TimeProvider time, bool isSync, ClientLimits limits) : IDisposable
{
    // Shorter than the time in which Orleans wants an answer.
    private static readonly TimeSpan PendingAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly ClientTables _tables = tables;
    private readonly CancellationTokenSource _abort = new();
    private Request _request = new(0, []);
    private TaskCompletionSource<Request> _next = NewSource<Request>();
    private TransactionId _id;
    private int _attempt = 1;
    private long _heardAt = time.GetTimestamp();
    private Task? _run;
    private ClientReply? _end;
    private (AbortReason Reason, string Detail)? _aborted;

    /// <summary>Returns for how long the client was not heard of.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _heardAt));

    /// <summary>Whether the outcome is there.</summary>
    public bool HasEnded => Volatile.Read(ref _end) is not null;

    public void Heard() => Volatile.Write(ref _heardAt, time.GetTimestamp());

    /// <summary>Begins it; not again if it has begun.</summary>
    public Task<ClientReply> BeginAsync()
    {
        lock (_gate)
        {
            // Not in the turn of a grain: it outlives the call.
            _run ??= Task.Run(RunAsync);
            return AnswerOf(_request);
        }
    }

    /// <summary>Does a request, or returns the answer if it was done.</summary>
    public Task<ClientReply> AskAsync(int number, ClientStep[] steps)
    {
        Heard();
        lock (_gate)
        {
            if (number == _request.Number)
            {
                return AnswerOf(_request);
            }

            if (number != _request.Number + 1 || !_request.Answer.Task.IsCompleted)
            {
                throw new InvalidOperationException(
                    $"Transaction {_id}: request {number} came while {_request.Number} was the last one.");
            }

            _request = new Request(number, steps);
            if (_end is { } end)
            {
                _request.Answer.SetResult(end);
            }
            else
            {
                _next.SetResult(_request);
            }

            return AnswerOf(_request);
        }
    }

    /// <summary>Ends it without any effect, unless it is being committed. Returns when it has ended.</summary>
    public async Task AbortAsync(AbortReason reason, string detail)
    {
        Task? run;
        lock (_gate)
        {
            if (_end is not null)
            {
                return;
            }

            _aborted ??= (reason, detail);
            run = _run;
        }

        await _abort.CancelAsync();
        await (run ?? Task.CompletedTask);
    }

    public void Dispose() => _abort.Dispose();

    private async Task RunAsync()
    {
        Exception? failure = null;
        try
        {
            var options = new TransactionOptions { Retries = limits.Retries, Timeout = limits.Timeout };
            await (isSync
                ? transactions.SyncTransactionAsync(BodyAsync, options, _abort.Token)
                : transactions.TransactionAsync(BodyAsync, options, _abort.Token));
        }
        catch (OperationCanceledException) when (_aborted is { } aborted)
        {
            failure = new TransactionAbortedException(_id, aborted.Reason, aborted.Detail);
        }
        catch (Exception exception)
        {
            failure = exception; // Thrown in the client.
        }

        lock (_gate)
        {
            _end = new ClientReply(ClientReplyKind.Ended, _id, _attempt, Failure: failure);
            _request.Answer.TrySetResult(_end);
        }
    }

    private async Task BodyAsync(ITransaction transaction)
    {
        lock (_gate)
        {
            _id = transaction.Id;
            _attempt = transaction.Attempt;
            Answer_NeedsGate(transaction.Attempt > 1 ? ClientReplyKind.Restarted : ClientReplyKind.Done, null, null);
        }

        await new Steps(this).RunAsync(transaction);
    }

    private void Answer(object? value, Exception? failure)
    {
        lock (_gate)
        {
            Answer_NeedsGate(ClientReplyKind.Done, value, failure);
        }
    }

    private void Answer_NeedsGate(ClientReplyKind kind, object? value, Exception? failure)
    {
        _next = NewSource<Request>();
        _request.Answer.SetResult(new ClientReply(kind, _id, _attempt, value, failure));
    }

    private async Task<ClientStep[]> NextAsync(CancellationToken cancellationToken)
    {
        Task<Request> next;
        lock (_gate)
        {
            next = _next.Task;
        }

        return (await next.WaitAsync(cancellationToken)).Steps;
    }

    private async Task<ClientReply> AnswerOf(Request request)
    {
        try
        {
            return await request.Answer.Task.WaitAsync(PendingAfter, time);
        }
        catch (TimeoutException)
        {
            return new ClientReply(ClientReplyKind.Pending, _id, _attempt);
        }
    }

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Request(int Number, ClientStep[] Steps)
    {
        public TaskCompletionSource<ClientReply> Answer { get; } = NewSource<ClientReply>();
    }

    /// <summary>The steps of one run of the body.</summary>
    private sealed class Steps(TransactionSession session)
    {
        private ClientStep[] _steps = [];
        private int _done;
        private bool _isFirst = true;
        private object? _value;
        private Exception? _failure;

        /// <summary>Does steps until the transaction, or the nested one, is to end.</summary>
        public async Task RunAsync(ITransaction transaction)
        {
            while (true)
            {
                var step = await NextAsync(transaction.CancellationToken);
                switch (step)
                {
                    case ControlStep { Control: ClientControl.BeginNested }:
                        await RunNestedAsync(transaction);
                        break;
                    case ControlStep { Control: ClientControl.DropNested }:
                        throw new NestedDroppedException();
                    case ControlStep:
                        return;
                    default:
                        await DoAsync(step, transaction);
                        break;
                }
            }
        }

        private async Task RunNestedAsync(ITransaction transaction)
        {
            try
            {
                await transaction.TransactionAsync(RunAsync);
            }
            catch (NestedDroppedException)
            {
                // Its writes are gone.
            }
        }

        private async Task DoAsync(ClientStep step, ITransaction transaction)
        {
            try
            {
                _value = await step.RunAsync(transaction, session._tables);
            }
            catch (Exception exception) when (_done == _steps.Length
                && exception is not TransactionRestartException && !transaction.CancellationToken.IsCancellationRequested)
            {
                // Of the last step the body may make what it wants. Of those before it nobody would know: they end the transaction.
                _failure = exception;
            }
        }

        private async Task<ClientStep> NextAsync(CancellationToken cancellationToken)
        {
            if (_done == _steps.Length)
            {
                if (!_isFirst)
                {
                    session.Answer(_value, _failure);
                }

                _isFirst = false;
                (_value, _failure, _done) = (null, null, 0);
                _steps = await session.NextAsync(cancellationToken);
            }

            return _steps[_done++];
        }
    }

    /// <summary>Ends a nested transaction without any effect.</summary>
    private sealed class NestedDroppedException : Exception;
}
