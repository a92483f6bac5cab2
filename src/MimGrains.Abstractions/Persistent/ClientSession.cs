using Orleans.Runtime;

namespace MimGrains.Persistent;

/// <summary>One transaction of a client at its gateway silo.</summary>
/// <param name="grain">Its grain.</param>
/// <param name="time">The clock.</param>
/// <param name="startedAt">When the call of the client began, which <paramref name="timeout"/> limits.</param>
/// <param name="timeout">How long it may take.</param>
/// <param name="cancellationToken">The client gives up.</param>
internal sealed class ClientSession(
    ITransactionGrain grain, TimeProvider time, long startedAt, TimeSpan timeout, CancellationToken cancellationToken)
{
    private static readonly TimeSpan AgainPause = TimeSpan.FromMilliseconds(100);

    // So much longer an answer is waited for: the silo ends a transaction whose time is over, and may wait for a commit.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Guid _id = Guid.NewGuid();
    private ClientReply _last = new(ClientReplyKind.Unknown, default, 0);
    private int _number;

    public TransactionId Transaction => _last.Id;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Whether a silo may have got the last request, although the answer was that it does not know the transaction.</summary>
    public bool IsLastInDoubt { get; private set; }

    public bool IsLate => time.GetElapsedTime(startedAt) >= timeout;

    /// <summary>Begins it. The answer is <see cref="ClientReplyKind.Unknown"/> when no silo has been reached.</summary>
    public async Task<ClientReply> OpenAsync(bool isSync, int? retries)
    {
        var left = timeout - time.GetElapsedTime(startedAt);
        if (left <= TimeSpan.Zero)
        {
            return _last;
        }

        try
        {
            return _last = await grain.OpenAsync(_id, isSync, new ClientLimits(retries, left)).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (IsLost(exception))
        {
            // What may have been opened ends with its lease: this one is never used.
            await Task.Delay(AgainPause, time, cancellationToken);
            return _last with { Failure = exception };
        }
        catch (OperationCanceledException)
        {
            _ = AbortAsync();
            throw;
        }
    }

    /// <summary>Does steps. Asks until there is an answer, another silo too, which does not know the transaction.</summary>
    public async Task<ClientReply> AskAsync(ClientStep[] steps, CancellationToken ending)
    {
        var number = ++_number;
        IsLastInDoubt = false;
        while (true)
        {
            try
            {
                var reply = await grain.AskAsync(_id, number, steps).WaitAsync(ending);
                if (reply.Kind == ClientReplyKind.Unknown)
                {
                    return reply with { Id = _last.Id };
                }

                if (reply.Kind != ClientReplyKind.Pending)
                {
                    return _last = reply;
                }

                IsLastInDoubt = true;
            }
            catch (Exception exception) when (IsLost(exception))
            {
                IsLastInDoubt = true;
                if (time.GetElapsedTime(startedAt) > timeout + Grace)
                {
                    return new ClientReply(ClientReplyKind.Unknown, _last.Id, _last.Attempt, Failure: exception);
                }

                await Task.Delay(AgainPause, time, ending);
            }
        }
    }

    /// <summary>The client lives.</summary>
    public void Renew() => _ = TellAsync(grain.RenewAsync);

    /// <summary>Nothing more will be asked.</summary>
    public void Done() => _ = TellAsync(grain.DoneAsync);

    /// <summary>Ends it without any effect: now, or, if the silo cannot be reached, when its lease has run out.</summary>
    public Task AbortAsync() => TellAsync(grain.AbortAsync);

    /// <summary>Whether an exception of a call says that its answer was lost, or that it was never made.</summary>
    public static bool IsLost(Exception exception) => exception is OrleansException or TimeoutException;

    private async Task TellAsync(Func<Guid, Task> tellAsync)
    {
        try
        {
            await tellAsync(_id);
        }
        catch (Exception)
        {
            // What the silo does not hear of ends with its lease.
        }
    }
}
