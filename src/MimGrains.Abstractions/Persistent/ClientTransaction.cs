using System.Runtime.ExceptionServices;

namespace MimGrains.Persistent;

/// <summary>One run of the body of a client's transaction. Writes wait here for the next operation that must answer.</summary>
internal sealed class ClientTransaction(
    ClientSession session, ActivityKind kind, TransactionId id, int attempt, CancellationToken cancellationToken)
    : ClientActivity(cancellationToken)
{
    private const int WaitingMost = 1_000;

    private readonly List<ClientStep> _waiting = [];
    private bool _isAsking;
    private bool _isCancelled;

    public override TransactionId Id => id;

    public override ActivityKind Kind => kind;

    public override int Attempt => attempt;

    /// <summary>Whether the body has returned.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether something is to be written.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>What has ended this run before its body returned; null if nothing has.</summary>
    public ClientReply? Ended { get; private set; }

    public void End() => IsOver = true;

    /// <summary>
    /// Throws if an operation was cancelled: its answer is still on its way, and this run can do nothing more but end, even if the body
    /// has kept the cancellation to itself.
    /// </summary>
    public void ThrowIfCancelled()
    {
        if (_isCancelled)
        {
            throw new OperationCanceledException(session.CancellationToken);
        }
    }

    public async Task<ClientReply> CommitAsync()
    {
        // Not cancelled any more: a commit that is under way is waited for.
        _waiting.Add(new ControlStep(ClientControl.Commit));
        return await session.AskAsync([.. _waiting], CancellationToken.None);
    }

    public override async ValueTask<long> UpdateCounterAsync<TKey>(
        PersistentTableDefinition<TKey, Counter> table, TKey key, long increment)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(key);
        HasWritten = true;
        return (long)(await AskAsync(new CounterStep<TKey>(table.Name, key, increment)))!;
    }

    public override async Task<TResult> TransactionAsync<TResult>(Func<ITransaction, Task<TResult>> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        ThrowIfOver();
        _waiting.Add(new ControlStep(ClientControl.BeginNested));
        var end = ClientControl.DropNested;
        try
        {
            var result = await body(this);
            end = ClientControl.KeepNested;
            return result;
        }
        finally
        {
            _waiting.Add(new ControlStep(end));
        }
    }

    protected override async Task<object?> AskAsync(ClientStep step)
    {
        ThrowIfOver();
        if (_isAsking)
        {
            throw new InvalidOperationException($"Transaction {id} does one operation at a time: await each before the next.");
        }

        _isAsking = true;
        try
        {
            ClientStep[] steps = [.. _waiting, step];
            _waiting.Clear();
            var reply = await session.AskAsync(steps, session.CancellationToken);
            if (reply.Kind != ClientReplyKind.Done)
            {
                Ended = reply;
                throw EndOf(reply);
            }

            if (reply.Failure is { } failure)
            {
                ExceptionDispatchInfo.Throw(failure);
            }

            return reply.Value;
        }
        catch (OperationCanceledException) when (session.CancellationToken.IsCancellationRequested && Ended is null)
        {
            _isCancelled = true;
            throw;
        }
        finally
        {
            _isAsking = false;
        }
    }

    protected override async ValueTask SendAsync(ClientStep step)
    {
        ThrowIfOver();
        HasWritten = true;
        if (_waiting.Count < WaitingMost)
        {
            _waiting.Add(step);
            return;
        }

        await AskAsync(step);
    }

    private void ThrowIfOver()
    {
        if (IsOver)
        {
            throw new InvalidOperationException($"Transaction {id} has ended: its body has returned.");
        }

        if (Ended is { } ended)
        {
            throw EndOf(ended);
        }

        ThrowIfCancelled();
        CancellationToken.ThrowIfCancellationRequested();
    }

    private static Exception EndOf(ClientReply reply) =>
        reply.Failure ?? new ClientRestartException($"Transaction {reply.Id} is over: its body is run again.");
}

/// <summary>Ends a run of the body of a client's transaction.</summary>
internal sealed class ClientRestartException(string reason) : Exception(reason);
