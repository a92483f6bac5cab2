using Microsoft.Extensions.DependencyInjection;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Backends;

/// <summary>Features that a client has.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.features")]
internal sealed record FeatureList([property: Id(0)] string[] Features);

/// <summary>Says that a session is in a table of its kind.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.session-mark")]
internal sealed record SessionMark;

/// <summary>A hash of features, for a host type.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.features-hash")]
internal readonly record struct FeaturesHash([property: Id(0)] string HostType, [property: Id(1)] string Hash)
    : IComparable<FeaturesHash>
{
    public int CompareTo(FeaturesHash other)
    {
        var order = string.CompareOrdinal(HostType, other.HostType);
        return order != 0 ? order : string.CompareOrdinal(Hash, other.Hash);
    }
}

internal sealed class CapabilitiesBackend(
    [FromKeyedServices(CapabilitiesBackend.HashName)] IBackendStore<FeaturesHash, FeatureList> hashes,
    [FromKeyedServices(CapabilitiesBackend.SessionName)] IBackendStore<SessionKey, FeatureList> sessions)
    : ICapabilitiesBackend, ISessionRows
{
    public const string HashName = "caps_hash";
    public const string SessionName = "caps_jid";

    private static readonly TableIndex<SessionKey, FeatureList, UserPrefix> s_byUser =
        new("us", static (key, _) => new UserPrefix(key.Server, key.User));

    public static BackendTable<FeaturesHash, FeatureList> Hashes { get; } = new(HashName);

    public static BackendTable<SessionKey, FeatureList> Sessions { get; } =
        new(SessionName, static (key, _) => key.Id.Silo, indexes: s_byUser);

    public async ValueTask StoreHashAsync(
        string hostType, string hash, IReadOnlyList<string> features, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(hash);
        await hashes.InsertAsync(new FeaturesHash(hostType, hash), new FeatureList([.. features]), cancellationToken)
            .ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<string>?> FindHashAsync(
        string hostType, string hash, CancellationToken cancellationToken = default) =>
        new(hashes.TryGet(new FeaturesHash(hostType, hash), out var list) ? list.Features : null);

    public async ValueTask StoreAsync(
        SessionKey session, IReadOnlyList<string> features, CancellationToken cancellationToken = default) =>
        await sessions.InsertAsync(session, new FeatureList([.. features]), cancellationToken).ConfigureAwait(false);

    public ValueTask<IReadOnlyList<string>?> FindAsync(Jid fullJid, CancellationToken cancellationToken = default)
    {
        var jid = Jids.Prepare(fullJid);
        var newest = sessions.Lookup(s_byUser, new UserPrefix(jid.Server, jid.User))
            .LastOrDefault(entry => entry.Key.Resource == jid.Resource);
        return new(newest.Record?.Features);
    }

    public async ValueTask RemoveAsync(SessionKey session, CancellationToken cancellationToken = default) =>
        await sessions.DeleteAsync([session], cancellationToken).ConfigureAwait(false);

    Task ISessionRows.RemoveAsync(SessionKey session) =>
        sessions.TryGet(session, out _) ? sessions.DeleteAsync([session], CancellationToken.None) : Task.CompletedTask;
}

internal sealed class AnonymousBackend(
    [FromKeyedServices(AnonymousBackend.Name)] IBackendStore<SessionKey, SessionMark> table) : IAnonymousBackend, ISessionRows
{
    public const string Name = "auth_anonymous";

    private static readonly SessionMark s_mark = new();
    private static readonly TableIndex<SessionKey, SessionMark, UserPrefix> s_byUser =
        new("us", static (key, _) => new UserPrefix(key.Server, key.User));

    public static BackendTable<SessionKey, SessionMark> Table { get; } =
        new(Name, static (key, _) => key.Id.Silo, indexes: s_byUser);

    public async ValueTask AddAsync(SessionKey session, CancellationToken cancellationToken = default) =>
        await table.InsertAsync(session, s_mark, cancellationToken).ConfigureAwait(false);

    public async ValueTask RemoveAsync(SessionKey session, CancellationToken cancellationToken = default) =>
        await table.DeleteAsync([session], cancellationToken).ConfigureAwait(false);

    public ValueTask<bool> ExistsAsync(string server, string user, CancellationToken cancellationToken = default) =>
        new(table.CountLookup(s_byUser, SessionArguments.User(server, user)) > 0);

    Task ISessionRows.RemoveAsync(SessionKey session) =>
        table.TryGet(session, out _) ? table.DeleteAsync([session], CancellationToken.None) : Task.CompletedTask;
}
