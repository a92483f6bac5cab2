using MimGrains.Sessions;

namespace MimGrains.Backends;

/// <summary>Which features clients have (XEP-0115): <c>modules.mod_caps.backend</c>.</summary>
/// <remarks>
/// Follows MongooseIM's <c>mod_caps_backend</c>. What is known of a session goes with it, also when its silo dies: there, it stays.
/// All members may be called from any thread.
/// </remarks>
public interface ICapabilitiesBackend
{
    /// <summary>Keeps the features that a hash stands for, while the cluster runs.</summary>
    ValueTask StoreHashAsync(
        string hostType, string hash, IReadOnlyList<string> features, CancellationToken cancellationToken = default);

    /// <summary>Returns the features that a hash stands for; null when they are not known.</summary>
    ValueTask<IReadOnlyList<string>?> FindHashAsync(
        string hostType, string hash, CancellationToken cancellationToken = default);

    /// <summary>Keeps the features of a session; called on its own silo.</summary>
    ValueTask StoreAsync(SessionKey session, IReadOnlyList<string> features, CancellationToken cancellationToken = default);

    /// <summary>Returns the features of a full JID; null when they are not known.</summary>
    ValueTask<IReadOnlyList<string>?> FindAsync(Jid fullJid, CancellationToken cancellationToken = default);

    /// <summary>Forgets the features of a session; not needed when it ends.</summary>
    ValueTask RemoveAsync(SessionKey session, CancellationToken cancellationToken = default);
}
