using MimGrains.Tables;

namespace MimGrains.Sessions;

// Recipients from this silo's replica -> a message to each connection -> each has taken it, or is gone, or has had its time.
internal sealed partial class LocalSessionManager
{
    private static readonly SessionEnd s_connectionLost = new(SessionEndReason.ConnectionLost);

    /// <inheritdoc/>
    public async ValueTask<RouteResult> RouteAsync(Jid to, object message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        var user = SessionArguments.User(to.Server, to.User);
        var resource = to.IsBare ? "" : JidPart.Resource(to.Resource, "resource");
        var recipients = SessionRules.Recipients(_store.OfUser(user), resource);
        if (recipients.Count == 0)
        {
            return new RouteResult(RouteOutcome.NoSession, 0);
        }

        if (recipients.Count == 1)
        {
            return Result([await DeliverAsync(recipients[0], message, cancellationToken).ConfigureAwait(false)]);
        }

        var deliveries = recipients.Select(recipient => DeliverAsync(recipient, message, cancellationToken)).ToList();
        return Result(await Task.WhenAll(deliveries).ConfigureAwait(false));
    }

    private static RouteResult Result(ReadOnlySpan<RouteOutcome> outcomes)
    {
        var taken = outcomes.Count(RouteOutcome.Delivered);
        return taken > 0 ? new RouteResult(RouteOutcome.Delivered, taken)
            : new RouteResult(outcomes.Contains(RouteOutcome.NoAnswer) ? RouteOutcome.NoAnswer : RouteOutcome.NotReachable, 0);
    }

    private async Task<RouteOutcome> DeliverAsync(
        TableEntry<SessionKey, SessionRecord> recipient, object message, CancellationToken cancellationToken)
    {
        var (key, record) = recipient;
        var death = _deaths.DeathOf(key.Id.Silo);
        if (record.Target is not { } target || death.IsCancellationRequested)
        {
            return RouteOutcome.NotReachable;
        }

        // Orleans learns late, or never, that the silo which a client is behind is dead: it waits for its own timeout.
        var taking = TakeAsync(key, target, message);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, death);
        await ((Task)taking).WaitAsync(_options.RouteTimeout, _time, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (taking.IsCompleted)
        {
            return await taking.ConfigureAwait(false) ? RouteOutcome.Delivered : RouteOutcome.NotReachable;
        }

        _ = taking.ContinueWith(
            late => LogAnsweredLate(_logger, late.Exception!.InnerException!, key, target),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
        cancellationToken.ThrowIfCancellationRequested();
        if (death.IsCancellationRequested)
        {
            return RouteOutcome.NotReachable;
        }

        LogNoAnswer(_logger, key, target, _options.RouteTimeout.TotalMilliseconds);
        return RouteOutcome.NoAnswer;
    }

    // Goes on when nobody waits any more: a client that turns out to be gone has its session closed all the same.
    private async Task<bool> TakeAsync(SessionKey key, string target, object message)
    {
        try
        {
            await _connections.Of(target).ReceiveAsync(key, message).ConfigureAwait(false);
            return true;
        }
        catch (ClientNotAvailableException)
        {
            // The client that held the connection is gone; its session is left of it.
            await _owners.EndAsync(key, s_connectionLost, tells: false).ConfigureAwait(false);
            return false;
        }
        catch (SiloUnavailableException)
        {
            return false; // The session goes with its silo, or has gone already.
        }
    }
}
