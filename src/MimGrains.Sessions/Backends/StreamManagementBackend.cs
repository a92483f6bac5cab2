using Microsoft.Extensions.DependencyInjection;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Backends;

/// <summary>The session of a stream management id.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.sm-session")]
internal sealed record ResumableSession([property: Id(0)] SessionKey Session);

/// <summary>How much of an ended stream was handled, and how long that is kept.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.sm-stale")]
internal sealed record StaleStream([property: Id(0)] long Handled, [property: Id(1)] long LifetimeMs);

/// <summary>How streams that cannot be resumed are remembered.</summary>
/// <param name="IsEnabled"><c>stale_h.enabled</c>.</param>
/// <param name="Lifetime"><c>stale_h.geriatric</c>.</param>
/// <param name="LookAfter"><c>stale_h.repeat_after</c>; of no use where the table itself forgets.</param>
internal sealed record StaleStreamOptions(bool IsEnabled, TimeSpan Lifetime, TimeSpan LookAfter);

internal sealed class StreamManagementBackend(
    [FromKeyedServices(StreamManagementBackend.Name)] IBackendStore<string, ResumableSession> ids,
    [FromKeyedServices(StreamManagementBackend.StaleName)] IBackendStore<string, StaleStream> stale,
    StaleStreamOptions options) : IStreamManagementBackend, ISessionRows
{
    public const string Name = "stream_management_session";
    public const string StaleName = "stream_management_stale_h";

    private static readonly TableIndex<string, ResumableSession, SessionKey> s_bySession =
        new("session", static (_, record) => record.Session);

    public static BackendTable<string, ResumableSession> Ids { get; } =
        new(Name, static (_, record) => record.Session.Id.Silo, indexes: s_bySession);

    // A stream may be asked for on another silo after its own has died: nobody owns the record. A replicated table forgets it by
    // the clock of the silo that wrote it, which no other clock is compared with; a persistent one has StaleCollector.
    public static BackendTable<string, StaleStream> Stale { get; } =
        new(StaleName, timeToLive: static (_, record) => TimeSpan.FromMilliseconds(record.LifetimeMs));

    public async ValueTask RegisterAsync(string smid, SessionKey session, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(smid);
        var old = ids.Lookup(s_bySession, session);
        await ids.InsertAsync(smid, new ResumableSession(session), cancellationToken).ConfigureAwait(false);
        await ids.DeleteAsync([.. old.Select(entry => entry.Key).Where(key => key != smid)], cancellationToken)
            .ConfigureAwait(false);
    }

    public async ValueTask<string?> UnregisterAsync(SessionKey session, CancellationToken cancellationToken = default)
    {
        var old = ids.Lookup(s_bySession, session);
        if (old.Count == 0)
        {
            return null;
        }

        await ids.DeleteAsync([.. old.Select(entry => entry.Key)], cancellationToken).ConfigureAwait(false);
        return old[^1].Key;
    }

    public ValueTask<SessionKey?> FindSessionAsync(string smid, CancellationToken cancellationToken = default) =>
        new(ids.TryGet(smid, out var record) ? record.Session : null);

    public ValueTask<string?> FindIdAsync(SessionKey session, CancellationToken cancellationToken = default) =>
        new(ids.Lookup(s_bySession, session) is { Count: > 0 } found ? found[^1].Key : null);

    public async ValueTask StoreStaleAsync(string smid, long handled, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(smid);
        if (options.IsEnabled)
        {
            var record = new StaleStream(handled, (long)options.Lifetime.TotalMilliseconds);
            await stale.InsertAsync(smid, record, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask<long?> FindStaleAsync(string smid, CancellationToken cancellationToken = default) =>
        new(stale.TryGet(smid, out var record) ? record.Handled : null);

    public async ValueTask RemoveStaleAsync(string smid, CancellationToken cancellationToken = default) =>
        await stale.DeleteAsync([smid], cancellationToken).ConfigureAwait(false);

    async Task ISessionRows.RemoveAsync(SessionKey session) => await UnregisterAsync(session).ConfigureAwait(false);
}
