using MimGrains.Tables;

namespace MimGrains.Sessions;

// Recipients from this silo's replica -> a message to each connection -> all have taken it, or are gone.
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

        var taken = 0;
        if (recipients.Count == 1)
        {
            taken = await DeliverAsync(recipients[0], message, cancellationToken).ConfigureAwait(false) ? 1 : 0;
        }
        else
        {
            var deliveries = recipients.Select(recipient => DeliverAsync(recipient, message, cancellationToken)).ToList();
            taken = (await Task.WhenAll(deliveries).ConfigureAwait(false)).Count(isTaken => isTaken);
        }

        return new RouteResult(taken > 0 ? RouteOutcome.Delivered : RouteOutcome.NotReachable, taken);
    }

    private async Task<bool> DeliverAsync(
        TableEntry<SessionKey, SessionRecord> recipient, object message, CancellationToken cancellationToken)
    {
        if (recipient.Record.Target is not { } target)
        {
            return false;
        }

        try
        {
            await _connections.Of(target).ReceiveAsync(recipient.Key, message).WaitAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ClientNotAvailableException)
        {
            // The client that held the connection is gone; its session is left of it.
            await _owners.EndAsync(recipient.Key, s_connectionLost, tells: false).ConfigureAwait(false);
            return false;
        }
        catch (SiloUnavailableException)
        {
            return false; // The session goes with its silo, or has gone already.
        }
    }
}
