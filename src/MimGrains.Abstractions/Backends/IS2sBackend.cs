namespace MimGrains.Backends;

/// <summary>Where this server talks to which other server.</summary>
/// <param name="From">Domain of this server.</param>
/// <param name="To">Domain of the other server.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.s2s-pair")]
public readonly record struct S2sPair([property: Id(0)] string From, [property: Id(1)] string To);

/// <summary>Where a shared secret comes from.</summary>
public enum SecretSource
{
    /// <summary>Made at random: the first one of the cluster counts.</summary>
    Random = 0,

    /// <summary>From the configuration: counts always; of several different ones the last.</summary>
    Configuration = 1,
}

/// <summary>Outgoing connections to other servers, and the secrets of dialback: <c>general.s2s_backend</c>.</summary>
/// <remarks>
/// Follows MongooseIM's <c>mongoose_s2s_backend</c>, but a registration is decided once for the whole cluster: there, two nodes may
/// each count, find room and register one too many. All members may be called from any thread.
/// </remarks>
public interface IS2sBackend
{
    /// <summary>Registers a connection, unless the pair has enough.</summary>
    /// <param name="pair">The two servers.</param>
    /// <param name="connection">The connection; registered again, it counts once.</param>
    /// <param name="most">The most connections of the pair; 1 to 1,000.</param>
    /// <param name="cancellationToken">Cancels the call; it may still be registered.</param>
    /// <returns>Whether it is registered.</returns>
    ValueTask<bool> TryRegisterAsync(
        S2sPair pair, ConnectionRef connection, int most = 1, CancellationToken cancellationToken = default);

    /// <summary>Removes a connection; one that is not there is no error. Those of a dead silo go by themselves.</summary>
    ValueTask RemoveAsync(S2sPair pair, ConnectionRef connection, CancellationToken cancellationToken = default);

    /// <summary>Returns the connections of a pair.</summary>
    ValueTask<IReadOnlyList<ConnectionRef>> GetAsync(S2sPair pair, CancellationToken cancellationToken = default);

    /// <summary>Offers a secret and returns the one that counts, the same on all silos.</summary>
    /// <param name="hostType">For which hosts.</param>
    /// <param name="secret">Not empty. Never logged.</param>
    /// <param name="source">One of the configuration replaces every other one; a random one is taken only if there is none.</param>
    /// <param name="cancellationToken">Cancels the call; it may still be taken.</param>
    ValueTask<string> RegisterSecretAsync(
        string hostType, string secret, SecretSource source, CancellationToken cancellationToken = default);

    /// <summary>Returns the secret; null when there is none.</summary>
    ValueTask<string?> FindSecretAsync(string hostType, CancellationToken cancellationToken = default);
}
