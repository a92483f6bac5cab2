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

internal sealed class CetsCapabilitiesBackend(
    [FromKeyedServices(CetsCapabilitiesBackend.HashName)] IReplicatedTable<FeaturesHash, FeatureList> hashes,
    [FromKeyedServices(CetsCapabilitiesBackend.SessionName)] IReplicatedTable<SessionKey, FeatureList> sessions)
    : ICapabilitiesBackend, ISessionRows
{
    public const string HashName = "caps_hash";
    public const string SessionName = "caps_jid";

    public static TableDefinition<FeaturesHash, FeatureList> Hashes { get; } = new(HashName) { NodeDown = NodeDownRule.Keep };

    public static TableDefinition<SessionKey, FeatureList> Sessions { get; } =
        new TableDefinition<SessionKey, FeatureList>(SessionName) { OwnerOf = static (key, _) => key.Id.Silo }
            .WithPrefixIndex(static key => new UserPrefix(key.Server, key.User));

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
        var newest = sessions.Scan(new UserPrefix(jid.Server, jid.User)).LastOrDefault(entry => entry.Key.Resource == jid.Resource);
        return new(newest.Record?.Features);
    }

    public async ValueTask RemoveAsync(SessionKey session, CancellationToken cancellationToken = default) =>
        await sessions.DeleteAsync(session, cancellationToken).ConfigureAwait(false);

    Task ISessionRows.RemoveAsync(SessionKey session) =>
        sessions.TryGet(session, out _) ? sessions.DeleteAsync(session) : Task.CompletedTask;
}

internal sealed class CetsAnonymousBackend(
    [FromKeyedServices(CetsAnonymousBackend.Name)] IReplicatedTable<SessionKey, SessionMark> table) : IAnonymousBackend, ISessionRows
{
    public const string Name = "auth_anonymous";

    private static readonly SessionMark s_mark = new();

    public static TableDefinition<SessionKey, SessionMark> Definition { get; } =
        new TableDefinition<SessionKey, SessionMark>(Name) { OwnerOf = static (key, _) => key.Id.Silo }
            .WithPrefixIndex(static key => new UserPrefix(key.Server, key.User));

    public async ValueTask AddAsync(SessionKey session, CancellationToken cancellationToken = default) =>
        await table.InsertAsync(session, s_mark, cancellationToken).ConfigureAwait(false);

    public async ValueTask RemoveAsync(SessionKey session, CancellationToken cancellationToken = default) =>
        await table.DeleteAsync(session, cancellationToken).ConfigureAwait(false);

    public ValueTask<bool> ExistsAsync(string server, string user, CancellationToken cancellationToken = default) =>
        new(table.CountPrefix(SessionArguments.User(server, user)) > 0);

    Task ISessionRows.RemoveAsync(SessionKey session) =>
        table.TryGet(session, out _) ? table.DeleteAsync(session) : Task.CompletedTask;
}
