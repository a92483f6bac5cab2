using MimGrains.Tables;

namespace MimGrains.Sessions;

internal sealed partial class LocalSessionManager
{
    private static readonly SessionEnd s_closed = new(SessionEndReason.Closed);

    /// <inheritdoc/>
    public ValueTask CloseAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        CloseAsync(key, s_closed, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask CloseAsync(SessionKey key, SessionEnd end, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(end);
        await _owners.EndAsync(key, end, tells: false).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> KickAsync(SessionKey key, string text = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return await _owners.EndAsync(key, new SessionEnd(SessionEndReason.Kicked, Text: text), tells: true)
            .WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask SetPresenceAsync(
        SessionKey key,
        int priority,
        IReadOnlyDictionary<string, string>? info = null,
        CancellationToken cancellationToken = default)
    {
        SessionArguments.CheckPriority(priority);
        return ChangeAsync(key, SessionChange.Presence(priority, info), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask UnsetPresenceAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        ChangeAsync(key, SessionChange.Presence(null, null), cancellationToken);

    /// <inheritdoc/>
    public ValueTask StoreInfoAsync(
        SessionKey key, string name, string value, CancellationToken cancellationToken = default)
    {
        SessionArguments.CheckInfoName(name);
        ArgumentNullException.ThrowIfNull(value);
        return ChangeAsync(key, SessionChange.Store(name, value), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask RemoveInfoAsync(SessionKey key, string name, CancellationToken cancellationToken = default)
    {
        SessionArguments.CheckInfoName(name);
        return ChangeAsync(key, SessionChange.Remove(name), cancellationToken);
    }

    private async ValueTask ChangeAsync(SessionKey key, SessionChange change, CancellationToken cancellationToken)
    {
        if (!await _owners.ChangeAsync(key, change).WaitAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new SessionNotFoundException(key);
        }
    }
}
