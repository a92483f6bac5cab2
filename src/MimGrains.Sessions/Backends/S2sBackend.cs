using Microsoft.Extensions.DependencyInjection;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Backends;

// A pair has as many slots as it may have connections; a slot is taken once: by the leader of the table, or a transaction.

/// <summary>One place for a connection of a pair of servers.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.s2s-slot")]
internal readonly record struct S2sSlot([property: Id(0)] S2sPair Pair, [property: Id(1)] int Number) : IComparable<S2sSlot>
{
    public int CompareTo(S2sSlot other)
    {
        var order = string.CompareOrdinal(Pair.From, other.Pair.From);
        order = order != 0 ? order : string.CompareOrdinal(Pair.To, other.Pair.To);
        return order != 0 ? order : Number.CompareTo(other.Number);
    }
}

/// <summary>A shared secret, and where it comes from.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.s2s-secret")]
internal sealed record S2sSecret([property: Id(0)] string Secret, [property: Id(1)] bool IsConfigured);

internal sealed class S2sBackend(
    [FromKeyedServices(S2sBackend.SlotsName)] IBackendStore<S2sSlot, ConnectionRef> slots,
    [FromKeyedServices(S2sBackend.SecretsName)] IBackendStore<string, S2sSecret> secrets) : IS2sBackend
{
    public const string SlotsName = "s2s_session";
    public const string SecretsName = "s2s_secret";

    private const int MostConnections = 1_000;

    private static readonly TableIndex<S2sSlot, ConnectionRef, S2sPair> s_byPair = new("pair", static (slot, _) => slot.Pair);

    public static BackendTable<S2sSlot, ConnectionRef> Slots { get; } =
        new(SlotsName, static (_, connection) => connection.Silo, indexes: s_byPair);

    public static BackendTable<string, S2sSecret> Secrets { get; } = new(SecretsName);

    public async ValueTask<bool> TryRegisterAsync(
        S2sPair pair, ConnectionRef connection, int most = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (most is < 1 or > MostConnections)
        {
            throw new ArgumentOutOfRangeException(nameof(most), most, $"most is 1 to {MostConnections}, but {most} was given.");
        }

        var checkedPair = Checked(pair);
        if (slots.Lookup(s_byPair, checkedPair).Any(entry => entry.Record == connection))
        {
            return true;
        }

        for (var number = 0; number < most; number++)
        {
            var slot = new S2sSlot(checkedPair, number);
            var isTaken = slots.TryGet(slot, out _);
            if (!isTaken && await slots.InsertAllNewAsync([new(slot, connection)], cancellationToken).ConfigureAwait(false) is null)
            {
                return true;
            }
        }

        return false;
    }

    public async ValueTask RemoveAsync(S2sPair pair, ConnectionRef connection, CancellationToken cancellationToken = default)
    {
        foreach (var (slot, _) in slots.Lookup(s_byPair, Checked(pair)).Where(entry => entry.Record == connection).ToList())
        {
            await slots.CompareAndDeleteAsync(slot, connection, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask<IReadOnlyList<ConnectionRef>> GetAsync(S2sPair pair, CancellationToken cancellationToken = default) =>
        new([.. slots.Lookup(s_byPair, Checked(pair)).Select(entry => entry.Record)]);

    public async ValueTask<string> RegisterSecretAsync(
        string hostType, string secret, SecretSource source, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(hostType);
        ArgumentException.ThrowIfNullOrEmpty(secret);
        if (source == SecretSource.Configuration)
        {
            await secrets.InsertSerialAsync(hostType, new S2sSecret(secret, IsConfigured: true), cancellationToken)
                .ConfigureAwait(false);
            return secret;
        }

        var offered = new S2sSecret(secret, IsConfigured: false);
        return (await secrets.InsertNewOrLookupAsync(hostType, offered, cancellationToken).ConfigureAwait(false)).Record.Secret;
    }

    public ValueTask<string?> FindSecretAsync(string hostType, CancellationToken cancellationToken = default) =>
        new(secrets.TryGet(hostType, out var secret) ? secret.Secret : null);

    private static S2sPair Checked(S2sPair pair) =>
        new(JidPart.Server(pair.From, nameof(S2sPair.From)), JidPart.Server(pair.To, nameof(S2sPair.To)));
}
