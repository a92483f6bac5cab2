namespace MimGrains.Sessions;

public sealed partial class ClientSessionManager
{
    private static readonly SessionEnd s_closed = new(SessionEndReason.Closed);

    /// <inheritdoc/>
    public ValueTask CloseAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        _sessions.CloseAsync(key, s_closed, cancellationToken);

    /// <inheritdoc/>
    public ValueTask CloseAsync(SessionKey key, SessionEnd end, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(end);
        return _sessions.CloseAsync(key, end, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> KickAsync(SessionKey key, string text = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _sessions.KickAsync(key, text, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask SetPresenceAsync(
        SessionKey key,
        int priority,
        IReadOnlyDictionary<string, string>? info = null,
        CancellationToken cancellationToken = default)
    {
        SessionArguments.CheckPriority(priority);
        return _sessions.SetPresenceAsync(
            key, priority, info is null ? null : new(info, StringComparer.Ordinal), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask UnsetPresenceAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        _sessions.UnsetPresenceAsync(key, cancellationToken);

    /// <inheritdoc/>
    public ValueTask StoreInfoAsync(
        SessionKey key, string name, string value, CancellationToken cancellationToken = default)
    {
        SessionArguments.CheckInfoName(name);
        ArgumentNullException.ThrowIfNull(value);
        return _sessions.StoreInfoAsync(key, name, value, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask RemoveInfoAsync(SessionKey key, string name, CancellationToken cancellationToken = default)
    {
        SessionArguments.CheckInfoName(name);
        return _sessions.RemoveInfoAsync(key, name, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<RouteResult> RouteAsync(Jid to, object message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _sessions.RouteAsync(Jids.Prepare(to), message, cancellationToken);
    }
}
